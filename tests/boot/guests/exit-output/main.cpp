/// Prints far more than the console's ring holds, then exits at once: all of it must arrive.
#include <cstdio>

int main()
{
    for (int line = 0; line < 2000; ++line)
        std::printf("line %04d of 2000, followed by the rest of a line of text\n", line);
    std::printf("Test result: SUCCESS\n");
}
