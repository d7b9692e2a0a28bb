"""The pages of certificates: thin views over services and selectors."""
