# It shows how small a guest can be.
CXXFLAGS_hello := -Os
