"""Market data of venues, read only: public endpoints, no credentials, exact decimals."""
