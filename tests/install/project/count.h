#pragma once
#ifdef __cplusplus
extern "C"
#endif
int count_vowels(char const* text);
