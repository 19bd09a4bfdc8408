/* Lets Debian's C xenstored run on a host without Xen, when it is preloaded.
 *
 * Stands in for the event channel device (a datagram socket), for grant mapping and dom0's page
 * (files), and for the hypervisor's list of domains (each that has a page file is alive).
 * XS_SHIM names the folder where it meets its peers:
 *   page.<domid>  the domain's xenstore_domain_interface, 4096 bytes; page.0 is dom0's
 *   daemon        datagram socket of the daemon: a uint32_t port sent there raises that port
 *   dom.<port>    datagram socket of the peer of that port: a byte sent there raises its end
 *   pending.<port>  two uint32_t: whether the port is pending at the daemon, and at its peer. As in
 *                 Xen only the change from 0 to 1 wakes anybody, so only that sends a datagram;
 *                 whoever takes it clears the word before looking at the ring
 * XS_SHIM_READY is a file descriptor: a byte goes there once the daemon listens on its socket.
 * The port of dom0 is 1; that of any other domain is what XS_INTRODUCE says.
 *
 * Part of the daemon's process: what cannot be done ends it, and the tests notice.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

/* Valid until the next call. */
static const char *path_of(const char *kind, unsigned number)
{
    static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    snprintf(path, sizeof path, "%s/%s%.0u", getenv("XS_SHIM"), kind, number);
    return path;
}

static const char *page_of(unsigned domain)
{
    return domain ? path_of("page.", domain) : path_of("page.0", 0);
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    return address;
}

static void *map_file(const char *path)
{
    int file = open(path, O_RDWR);
    if (file < 0)
        return NULL;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return page == MAP_FAILED ? NULL : page;
}

/* The hypervisor's list of domains. */

xc_interface *xc_interface_open(xentoollog_logger *log, xentoollog_logger *debug, unsigned flags)
{
    return (void *)1;
}

int xc_interface_close(xc_interface *xc)
{
    return 0;
}

int xc_domain_getinfo(xc_interface *xc, uint32_t first, unsigned most, xc_dominfo_t *info)
{
    memset(info, 0, sizeof *info);
    if (access(page_of(first), F_OK))
        return 0;
    info->domid = first;
    info->running = 1;
    return 1;
}

/* Event channels. All ports raise one datagram socket; each has one to its peer. */

enum { most_ports = 4096, at_daemon = 0, at_peer = 1 };

static int events = -1;
static uint32_t *pending_of[most_ports];
static int peer_of[most_ports];

xenevtchn_handle *xenevtchn_open(xentoollog_logger *log, unsigned flags)
{
    struct sockaddr_un address = address_of(path_of("daemon", 0));
    unlink(address.sun_path);
    events = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return bind(events, (struct sockaddr *)&address, sizeof address) ? NULL : (void *)1;
}

int xenevtchn_close(xenevtchn_handle *handle)
{
    return close(events);
}

int xenevtchn_fd(xenevtchn_handle *handle)
{
    return events;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *handle, unsigned virq)
{
    return 1 << 30 | virq;
}

xenevtchn_port_or_error_t
xenevtchn_bind_interdomain(xenevtchn_handle *handle, uint32_t domain, evtchn_port_t remote)
{
    if (remote >= most_ports)
        return -1;
    struct sockaddr_un address = address_of(path_of("dom.", remote));
    peer_of[remote] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    connect(peer_of[remote], (struct sockaddr *)&address, sizeof address);
    pending_of[remote] = map_file(path_of("pending.", remote));
    if (pending_of[remote])
        pending_of[remote][at_daemon] = 0;
    return remote;
}

int xenevtchn_unbind(xenevtchn_handle *handle, evtchn_port_t port)
{
    if (port < most_ports && pending_of[port]) {
        munmap(pending_of[port], 4096);
        pending_of[port] = NULL;
        close(peer_of[port]);
    }
    return 0;
}

int xenevtchn_unmask(xenevtchn_handle *handle, evtchn_port_t port)
{
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *handle)
{
    uint32_t port;
    if (recv(events, &port, sizeof port, 0) != sizeof port)
        return -1;
    if (port < most_ports && pending_of[port])
        __atomic_exchange_n(&pending_of[port][at_daemon], 0, __ATOMIC_ACQ_REL);
    return port;
}

int xenevtchn_notify(xenevtchn_handle *handle, evtchn_port_t port)
{
    if (port >= most_ports || !pending_of[port])
        return -1;
    if (!__atomic_exchange_n(&pending_of[port][at_peer], 1, __ATOMIC_ACQ_REL))
        send(peer_of[port], "", 1, MSG_DONTWAIT);
    return 0;
}

/* Grant mapping: the domain's page file. */

xengnttab_handle *xengnttab_open(xentoollog_logger *log, unsigned flags)
{
    return (void *)1;
}

int xengnttab_close(xengnttab_handle *handle)
{
    return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *handle, uint32_t domain, uint32_t ref, int access)
{
    return map_file(page_of(domain));
}

int xengnttab_set_max_grants(xengnttab_handle *handle, uint32_t count)
{
    return 0;
}

int xengnttab_unmap(xengnttab_handle *handle, void *page, uint32_t count)
{
    return munmap(page, 4096);
}

/* The files under /proc/xen that say what dom0's page and port are. */

static int real_open(const char *path, int flags, mode_t mode)
{
    static int (*next)(const char *, int, ...);
    if (!next)
        next = dlsym(RTLD_NEXT, "open");
    return next(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (!strcmp(path, "/proc/xen/xsd_kva"))
        return real_open(page_of(0), flags, 0);
    if (strcmp(path, "/proc/xen/xsd_port"))
        return real_open(path, flags, mode);
    int file = memfd_create("port", 0);
    if (write(file, "1", 1) != 1)
        abort();
    lseek(file, 0, SEEK_SET);
    return file;
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

/* Who started us waits for this. */
int listen(int file, int backlog)
{
    static int (*next)(int, int);
    if (!next)
        next = dlsym(RTLD_NEXT, "listen");
    int failed = next(file, backlog);
    const char *ready = getenv("XS_SHIM_READY");
    if (!failed && ready && write(atoi(ready), "", 1) != 1)
        abort();
    return failed;
}
