"""How trained models are judged: the rules of the papers beyond a metric."""
