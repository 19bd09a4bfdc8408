/// Runs what the guides show (tests/guides): their snippets, as they stand there, in an order that
/// gives each what it needs. What they print is compared with what the guides say.
#include "block_io.hpp"
#include "writing.hpp"
#include "xenstore.hpp"

int main(int argc, char** argv)
{
    show_arguments(argc, argv);
    int status = 0;
    for (auto const part : {write_guest, tour_xenstore, do_block_io}) {
        auto const done = part();
        if (!done)
            std::printf("Failed: %s\n", describe(done.error()).data());
        status |= !done;
    }
    return status | readme::first_main(1, argv);
}
