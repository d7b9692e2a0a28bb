"""Foreign spreadsheets: opened by a process of their own, their cells read as people mean them."""
