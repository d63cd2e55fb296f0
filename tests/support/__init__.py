"""What tests share: stand-ins of outside services over real sockets."""
