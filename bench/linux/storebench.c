// Reads keys of XenStore over the kernel's device, as libxenstore does (tools/libs/store/xs.c in
// Xen's source: a write of header and path, a read of header and value), with one request or many
// under way, each in a file of its own: the kernel takes a request for sent while it still has to
// be copied out of the file's buffer, which the next one overwrites
// (drivers/xen/xenbus/xenbus_xs.c, xenbus_dev_request_and_reply). Usage: storebench REQUESTS KEYS
// DEPTH...

#include "figures.h"

#include <xen/io/xs_wire.h>

#define MOST_KEYS 100
#define MOST_DEPTH 32

static int devices[MOST_DEPTH];
static char paths[MOST_KEYS][32];
static char values[MOST_KEYS][8];

static void send_request(int device, uint32_t type, void const* payload, uint32_t size)
{
    struct {
        struct xsd_sockmsg header;
        char payload[128];
    } message = {.header = {.type = type, .len = size}};
    memcpy(message.payload, payload, size);
    ssize_t const whole = (ssize_t)(sizeof message.header + size);
    must(write(device, &message, (size_t)whole) == whole, "sending a request");
}

static void read_fully(int device, void* into, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t const more = read(device, (char*)into + got, size - got);
        must(more > 0, "receiving a reply");
        got += (size_t)more;
    }
}

static void take_reply(int device, uint32_t type, char const* expected, uint32_t size)
{
    struct xsd_sockmsg header;
    char payload[128];
    read_fully(device, &header, sizeof header);
    must(header.len <= sizeof payload, "the reply's size");
    read_fully(device, payload, header.len);
    if (header.type != type || header.len != size || memcmp(payload, expected, size) != 0) {
        fprintf(
            stderr, "reply of type %u, %u bytes: %.*s\n", header.type, header.len, (int)header.len,
            payload);
        exit(1);
    }
}

static void write_keys(void)
{
    for (int i = 0; i < MOST_KEYS; ++i) {
        char message[64];
        int const size = snprintf(paths[i], sizeof paths[i], "data/key-%d", i) + 1;
        memcpy(message, paths[i], (size_t)size);
        int const length = snprintf(values[i], sizeof values[i], "%d", 51712 + i);
        memcpy(message + size, values[i], (size_t)length);
        send_request(devices[0], XS_WRITE, message, (uint32_t)(size + length));
        take_reply(devices[0], XS_WRITE, "OK", sizeof "OK");
    }
}

static void read_keys(int keys, int depth)
{
    for (int sent = 0, taken = 0; taken < keys; ++taken) {
        for (; sent < keys && sent < taken + depth; ++sent)
            send_request(
                devices[sent % depth], XS_READ, paths[sent], (uint32_t)strlen(paths[sent]) + 1);
        take_reply(devices[taken % depth], XS_READ, values[taken], (uint32_t)strlen(values[taken]));
    }
}

int main(int argc, char** argv)
{
    must(argc > 3, "usage: storebench REQUESTS KEYS DEPTH...");
    int const requests = atoi(argv[1]);
    int const keys = atoi(argv[2]);
    must(keys > 0 && keys <= MOST_KEYS, "KEYS");
    for (int i = 0; i < MOST_DEPTH; ++i) {
        devices[i] = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
        must(devices[i] >= 0, "/dev/xen/xenbus");
    }
    write_keys();
    for (int i = 3; i < argc; ++i) {
        int const depth = atoi(argv[i]);
        must(depth > 0 && depth <= MOST_DEPTH, "DEPTH");
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
