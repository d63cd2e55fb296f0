"""What returns prove: ratios that count trials, overfitting, bounds of slippage and drawdown."""
