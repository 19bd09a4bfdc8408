// Lets check.cpp run as a Linux process: the C library's lower half, start-up, and what the
// unwinder asks for. In a guest, runtime/ and posix/ stand in this place.
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

int main();

extern "C" {

// The linker's: the image's ELF header, its constructors, its end.
extern char const __ehdr_start[];
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();
extern char _end[];

void* __dso_handle = nullptr; // names the image to __cxa_atexit; there is but one

// Linux's numbers of the three system calls used.
constexpr long linux_write = 1, linux_arch_prctl = 158, linux_exit_group = 231;
constexpr long arch_set_fs = 0x1002;

static long system_call(long number, long a, long b = 0, long c = 0)
{
    long result;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a), "S"(b), "d"(c)
                 : "rcx", "r11", "memory");
    return result;
}

ssize_t write(int file, void const* data, size_t size)
{
    return system_call(linux_write, file, reinterpret_cast<long>(data), static_cast<long>(size));
}

[[noreturn]] void _exit(int code)
{
    for (;;)
        system_call(linux_exit_group, code);
}

void* sbrk(ptrdiff_t increment)
{
    static char heap[1 << 20];
    static size_t used = 0;
    if (used + increment > sizeof heap) {
        errno = ENOMEM;
        return reinterpret_cast<void*>(-1);
    }
    used += increment;
    return heap + used - increment;
}

int clock_gettime(clockid_t clock, struct timespec* time)
{
    *time = {.tv_sec = 1000 + static_cast<time_t>(clock), .tv_nsec = 5};
    return 0;
}

ssize_t read(int, void*, size_t)
{
    return 0;
}
off_t lseek(int, off_t, int)
{
    return 0;
}
int close(int)
{
    return 0;
}
int open(char const*, int, ...)
{
    return -1;
}
int fstat(int, struct stat*)
{
    return -1;
}
int isatty(int)
{
    return 1;
}
int kill(pid_t, int signal)
{
    _exit(128 + signal);
}
pid_t getpid()
{
    return 1;
}

static Elf64_Phdr const* segment(Elf64_Word type)
{
    auto header = reinterpret_cast<Elf64_Ehdr const*>(__ehdr_start);
    auto segments = reinterpret_cast<Elf64_Phdr const*>(__ehdr_start + header->e_phoff);
    for (int i = 0; i < header->e_phnum; ++i)
        if (segments[i].p_type == type)
            return &segments[i];
    return nullptr;
}

// There is one thread, so a mutex has nobody to keep out.
int pthread_mutex_lock(pthread_mutex_t*)
{
    return 0;
}

int pthread_mutex_unlock(pthread_mutex_t*)
{
    return 0;
}

int pthread_cond_wait(pthread_cond_t*, pthread_mutex_t*)
{
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t*)
{
    return 0;
}

int pthread_once(pthread_once_t* once, void (*function)())
{
    if (!*once)
        function();
    *once = 1;
    return 0;
}

// The unwinder of libgcc_eh asks which image holds a program counter (glibc, dlfcn.h).
struct dl_find_object {
    unsigned long long flags;
    void const* map_start;
    void const* map_end;
    void* link_map;
    void const* eh_frame_header;
};

int _dl_find_object(void*, dl_find_object* result)
{
    auto header = segment(PT_GNU_EH_FRAME);
    *result = {0, __ehdr_start, _end, nullptr, reinterpret_cast<void const*>(header->p_vaddr)};
    return 0;
}

// The block of thread-local variables ends at the FS base, where a pointer to itself stands.
static void set_up_thread()
{
    alignas(64) static char block[4096];
    auto tls = segment(PT_TLS);
    char* base = block + 2048;
    size_t offset = (tls->p_memsz + tls->p_align - 1) / tls->p_align * tls->p_align;
    memcpy(base - offset, reinterpret_cast<void const*>(tls->p_vaddr), tls->p_filesz);
    memcpy(base, &base, sizeof base);
    system_call(linux_arch_prctl, arch_set_fs, reinterpret_cast<long>(base));
}

[[noreturn, gnu::force_align_arg_pointer]] void _start()
{
    set_up_thread();
    for (auto constructor = __init_array_start; constructor != __init_array_end; ++constructor)
        (*constructor)();
    exit(main());
}
}
