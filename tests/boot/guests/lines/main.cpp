/// Reads lines from the console by the C library, as any program does, and shows what came.
#include <cstdio>
#include <cstring>

int main()
{
    char line[128];
    int count = 0;
    std::printf("ready\n");
    while (std::fgets(line, sizeof line, stdin)) {
        bool const whole = std::strchr(line, '\n');
        line[std::strcspn(line, "\n")] = '\0';
        std::printf("line %d: [%s]%s\n", ++count, line, whole ? "" : ", the last");
    }
    std::printf("%d lines, %s\n", count, std::feof(stdin) ? "then the end" : "then an error");
    std::printf("Test result: %s\n", std::feof(stdin) ? "SUCCESS" : "FAILURE");
}
