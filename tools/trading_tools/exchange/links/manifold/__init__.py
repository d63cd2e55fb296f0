"""An order port for Manifold by its REST API. Its mana is play money: nothing here is worth any."""
