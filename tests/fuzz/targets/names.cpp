#include <lodger/blkfront/name.hpp>
#include <lodger/tests/fuzz/input.hpp>

using namespace lodger;

// Names and numbers of disks: each number has a name that leads back to it, and what is accepted
// as a name means one number.

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input input{data, size};
    auto const number = input.take<std::uint32_t>();
    auto const back = blkfront::number_of(blkfront::name_of(number).view());
    fuzz::require(back && *back == number);
    auto const text = input.take_bytes(input.size());
    if (auto const named = blkfront::number_of(text)) {
        auto const again = blkfront::number_of(blkfront::name_of(*named).view());
        fuzz::require(again && *again == *named);
    }
    if (auto const path = blkfront::path_of(text))
        fuzz::require(path->view() == text || path->view().starts_with("device/vbd/"));
    return 0;
}
