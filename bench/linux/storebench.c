// Reads keys of XenStore over the kernel's device, as libxenstore does (tools/libs/store/xs.c in
// Xen's source: a write of header and path, a read of header and value), with one request or many
// under way. Usage: storebench REQUESTS KEYS DEPTH...

#include "figures.h"

#include <xen/io/xs_wire.h>

#define MOST_KEYS 100

static int device;
static char paths[MOST_KEYS][32];

static void send_request(uint32_t type, void const* payload, uint32_t size)
{
    struct {
        struct xsd_sockmsg header;
        char payload[128];
    } message = {.header = {.type = type, .len = size}};
    memcpy(message.payload, payload, size);
    ssize_t const whole = (ssize_t)(sizeof message.header + size);
    must(write(device, &message, (size_t)whole) == whole, "sending a request");
}

static void read_fully(void* into, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t const more = read(device, (char*)into + got, size - got);
        must(more > 0, "receiving a reply");
        got += (size_t)more;
    }
}

static void take_reply(uint32_t type, uint32_t size)
{
    struct xsd_sockmsg header;
    char payload[128];
    read_fully(&header, sizeof header);
    must(header.len <= sizeof payload, "the reply's size");
    read_fully(payload, header.len);
    if (header.type != type || header.len != size) {
        fprintf(
            stderr, "reply of type %u, %u bytes: %.*s\n", header.type, header.len,
            (int)header.len, payload);
        exit(1);
    }
}

static void write_keys(void)
{
    for (int i = 0; i < MOST_KEYS; ++i) {
        char message[64];
        int const size = snprintf(paths[i], sizeof paths[i], "data/key-%d", i) + 1;
        memcpy(message, paths[i], (size_t)size);
        int const value = snprintf(message + size, sizeof message - (size_t)size, "%d", 51712 + i);
        send_request(XS_WRITE, message, (uint32_t)(size + value));
        take_reply(XS_WRITE, sizeof "OK");
    }
}

static void read_keys(int keys, int depth)
{
    for (int sent = 0, taken = 0; taken < keys; ++taken) {
        for (; sent < keys && sent < taken + depth; ++sent)
            send_request(XS_READ, paths[sent], (uint32_t)strlen(paths[sent]) + 1);
        take_reply(XS_READ, 5);
    }
}

int main(int argc, char** argv)
{
    must(argc > 3, "usage: storebench REQUESTS KEYS DEPTH...");
    int const requests = atoi(argv[1]);
    int const keys = atoi(argv[2]);
    must(keys > 0 && keys <= MOST_KEYS, "KEYS");
    device = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
    must(device >= 0, "/dev/xen/xenbus");
    write_keys();
    for (int i = 3; i < argc; ++i) {
        int const depth = atoi(argv[i]);
        read_keys(keys, depth); // warms up
        struct stopwatch const since = start();
        for (int done = 0; done < requests; done += keys)
            read_keys(keys, depth);
        char name[64];
        snprintf(name, sizeof name, "store/%d/depth-%d", keys, depth);
        report(since, name, (uint64_t)requests);
    }
    return 0;
}
