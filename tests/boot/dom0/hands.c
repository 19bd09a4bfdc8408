/* dom0's hands for a guest that tests XenStore: what the guest asks for in one node is done by
 * dom0, who may do everything, and answered in another one.
 *
 *   hands DIRECTORY      ends when DIRECTORY is removed
 *
 * DIRECTORY/ask holds "NUMBER OPERATION PATH\0ARGUMENT", the answer "NUMBER RESULT", where the
 * result is what was read, or empty. A number is answered once, then the next one is expected. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

enum { most = 4096 };

static struct xs_handle *store;

/* What the daemon refuses the guest will notice by itself. */
static void may(int worked, const char *what)
{
    if (!worked)
        perror(what);
}

static void must(int worked, const char *what)
{
    if (!worked) {
        perror(what);
        exit(1);
    }
}

/* Writes the first `length` bytes again and again, since a guest cannot hand over 4 KiB. */
static void fill(const char *path, const char *argument)
{
    char value[most];
    int const length = atoi(argument);
    must(length <= most, "too long a value");
    memset(value, 'v', length);
    may(xs_write(store, XBT_NULL, path, value, length), path);
}

/* COUNT VALUE: as many nodes, the path with a number behind each. */
static void write_numbered(const char *path, const char *argument)
{
    char *value;
    long const count = strtol(argument, &value, 10);
    for (long i = 0; i < count; ++i) {
        char numbered[most];
        snprintf(numbered, sizeof numbered, "%s%ld", path, i);
        may(xs_write(store, XBT_NULL, numbered, value + 1, strlen(value + 1)), numbered);
    }
}

/* The wire's form: entries such as r5, each with a NUL behind it. */
static void permit(const char *path, const char *argument, size_t length)
{
    struct xs_permissions list[16];
    unsigned count = 0;
    for (const char *entry = argument; entry < argument + length; entry += strlen(entry) + 1)
        must(count < 16 && xs_strings_to_perms(&list[count++], 1, entry), entry);
    may(xs_set_permissions(store, XBT_NULL, path, list, count), path);
}

/* @return what was read, if anything */
static char *perform(char operation, const char *path, const char *argument, unsigned length,
                     unsigned *read)
{
    switch (operation) {
    case 'r': return xs_read(store, XBT_NULL, path, read);
    case 'w': may(xs_write(store, XBT_NULL, path, argument, length), path); break;
    case 'f': fill(path, argument); break;
    case 'n': write_numbered(path, argument); break;
    case 'p': permit(path, argument, length); break;
    case 'd': xs_rm(store, XBT_NULL, path); break;
    default: must(0, "no such operation");
    }
    return NULL;
}

static void answer(const char *path, unsigned number, const char *result, unsigned length)
{
    char text[most + 16];
    int const start = snprintf(text, sizeof text, "%u ", number);
    memcpy(text + start, result, length);
    must(xs_write(store, XBT_NULL, path, text, start + length), path);
}

int main(int argc, char **argv)
{
    char ask[256], answers[256];
    unsigned expected = 1, count;
    must(argc == 2, "usage: hands DIRECTORY");
    snprintf(ask, sizeof ask, "%s/ask", argv[1]);
    snprintf(answers, sizeof answers, "%s/answer", argv[1]);
    must((store = xs_open(0)) != NULL, "xs_open");
    must(xs_watch(store, ask, "ask"), "xs_watch");
    while (1) {
        unsigned length = 0, read = 0, number = 0;
        int start = 0;
        char operation;
        free(xs_read_watch(store, &count));
        char *const text = xs_read(store, XBT_NULL, ask, &length);
        if (!text)
            return 0;
        if (sscanf(text, "%u %c %n", &number, &operation, &start) == 2 && number == expected) {
            char *const path = text + start, *const argument = path + strlen(path) + 1;
            char *const result = perform(operation, path, argument,
                                         length - (unsigned)(argument - text), &read);
            answer(answers, number, result ? result : "", result ? read : 0);
            free(result);
            ++expected;
        }
        free(text);
    }
}
