#include "count.h"
#include <string.h>

int count_vowels(char const* text)
{
    int count = 0;
    for (; *text; ++text)
        count += strchr("aeiou", *text) != NULL;
    return count;
}
