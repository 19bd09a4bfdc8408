/// How the unwinder of exceptions finds its tables: glibc's interface, which the host's libgcc_eh
/// calls. The structure has glibc's layout (dlfcn.h, `struct dl_find_object`).

#include <lodger/arch/x86/image.hpp>

extern "C" {

extern std::byte const lodger_eh_frame_hdr[]; // linker.ld

struct dl_find_object {
    unsigned long long flags;
    void* map_start;
    void* map_end;
    void* link_map;
    void* eh_frame;
    unsigned long long reserved[7];
};

int _dl_find_object(void*, dl_find_object* result)
{
    *result = {};
    result->map_start = lodger_text_start;
    result->map_end = lodger_image_end;
    result->eh_frame = const_cast<std::byte*>(lodger_eh_frame_hdr);
    return 0;
}
}
