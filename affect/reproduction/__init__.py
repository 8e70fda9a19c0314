"""The papers' tables reproduced: what each figure needs, how it is come by, and what departs from the paper."""
