/* dom0's mapped disks (Linux's device-mapper): what `dmsetup` does, as far as tests need it.
 *
 *   map NAME SECTORS TARGET PARAMETERS     makes one of a single target, and says where it is
 *   map NAME                               removes it
 *
 * Two calls of include/uapi/linux/dm-ioctl.h make one: DM_DEV_CREATE, then DM_TABLE_LOAD, and
 * DM_DEV_SUSPEND without DM_SUSPEND_FLAG has it begin. */
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct call {
    struct dm_ioctl header;
    struct dm_target_spec target;
    char parameters[512];
};

static const char *name;

static void ask(int control, unsigned long request, struct call *call)
{
    call->header.version[0] = DM_VERSION_MAJOR;
    call->header.data_size = sizeof *call;
    call->header.data_start = sizeof call->header;
    snprintf(call->header.name, sizeof call->header.name, "%s", name);
    if (ioctl(control, request, call) != 0) {
        perror(name);
        exit(1);
    }
}

static void make(int control, char **arguments)
{
    struct call create = {0};
    struct call load = {0};
    struct call resume = {0};
    ask(control, DM_DEV_CREATE, &create);
    load.header.target_count = 1;
    load.target.length = strtoull(arguments[0], NULL, 10);
    snprintf(load.target.target_type, sizeof load.target.target_type, "%s", arguments[1]);
    snprintf(load.parameters, sizeof load.parameters, "%s", arguments[2]);
    ask(control, DM_TABLE_LOAD, &load);
    ask(control, DM_DEV_SUSPEND, &resume);
    printf("/dev/dm-%u\n", minor(resume.header.dev));
}

int main(int count, char **arguments)
{
    int control = open("/dev/mapper/control", O_RDWR);
    struct call removal = {0};
    if ((count != 2 && count != 5) || control < 0) {
        fprintf(stderr, "map NAME [SECTORS TARGET PARAMETERS], with device-mapper in the kernel\n");
        return 2;
    }
    name = arguments[1];
    if (count == 5)
        make(control, arguments + 2);
    else
        ask(control, DM_DEV_REMOVE, &removal);
    return 0;
}
