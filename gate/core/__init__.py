"""The vocabulary of Gate: frozen values and enums, standard library only, no behaviour that touches the world."""
