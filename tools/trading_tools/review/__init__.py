"""Review of trading code: rules over Python source that know what loses money."""
