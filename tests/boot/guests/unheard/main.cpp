/// Writes to a file of the disk, waits for a line, and ends in a way that tells nobody whether what
/// it has written is there: by `exit` with the disk mounted, or after the mount was destroyed,
/// `closed` or while the file was still `open`.
#include <lodger/ext4/mount.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>

int main(int argc, char** argv)
{
    std::string const way = argc > 1 ? argv[1] : "";
    std::string why;
    auto mount = lodger::ext4::Mount::create("xvda", "/data", {}, why);
    if (!mount) {
        std::printf("%s\n", why.c_str());
        return 2;
    }
    std::ofstream file{"/data/words"};
    file << "first\n" << std::flush;
    std::puts("written");
    std::getchar();
    if (way == "exit")
        std::exit(0);
    if (way == "closed")
        file.close();
    mount->reset();
    if (way == "open")
        file << "second\n" << std::flush;
    return file ? 0 : 1;
}
