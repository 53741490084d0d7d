"""The pages behind the sign-in: what institutions, agencies and the city do with the registry."""
