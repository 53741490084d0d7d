"""People who sign in: their accounts and roles, passwords, second factor, sessions and links."""
