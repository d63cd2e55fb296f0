"""Prediction markets: what their outcomes are, what the guard must know of them, an order port."""
