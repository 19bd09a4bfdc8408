#include <lodger/store/names.hpp>
#include <lodger/store/permissions.hpp>
#include <lodger/store/value.hpp>
#include <lodger/store/wire.hpp>
#include <lodger/tests/fuzz/input.hpp>

using namespace lodger;

// Everything that reads the text of a reply: what is accepted means what is written back.

namespace {

template <store::Value T>
void round_trip(std::string_view text)
{
    auto const value = store::Codec<T>::parse(text);
    if (!value)
        return;
    auto const written = store::Codec<T>::format(*value);
    auto const again = store::Codec<T>::parse(written.view());
    fuzz::require(again && *again == *value);
    fuzz::require(written.view().size() <= text.size());
}

void names(std::string_view text)
{
    std::size_t count = 0;
    for (auto const name : store::Names{text}) {
        fuzz::require(!name.contains('\0'));
        ++count;
    }
    auto const nuls = static_cast<std::size_t>(std::ranges::count(text, '\0'));
    fuzz::require(count == nuls + !(text.empty() || text.ends_with('\0')));
}

void directory_part(std::string_view text)
{
    auto const part = store::DirectoryPart::parse(text);
    if (!part)
        return;
    // A part that is not the last brings the reader further, or it would read for ever.
    fuzz::require(part->is_last || !part->names.empty());
    fuzz::require(part->names.empty() || part->names.ends_with('\0'));
    names(part->names);
}

void permissions(std::string_view text)
{
    auto const read = store::Permissions::parse(text);
    if (!read)
        return;
    auto const written = read->payload();
    fuzz::require(written.has_value());
    auto const again = store::Permissions::parse(written->view());
    fuzz::require(again && std::ranges::equal(again->entries(), read->entries()));
    fuzz::require(again->owner() == read->owner());
}

void path(std::string_view text)
{
    std::size_t const slash = std::min(text.rfind('/'), text.size());
    store::Path const whole{text};
    fuzz::require(whole == text);
    if (slash > 0 && slash + 1 < text.size()) {
        store::Path const split{text.substr(0, slash), text.substr(slash + 1)};
        fuzz::require(split == text && split.size() == text.size());
        if (split.check())
            fuzz::require(whole.check().has_value());
    }
    if (whole.check())
        fuzz::require(!text.empty() && text.size() <= store::longest_absolute_path);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    round_trip<std::uint64_t>(text);
    round_trip<std::int32_t>(text);
    round_trip<std::uint16_t>(text);
    round_trip<bool>(text);
    round_trip<Port>(text);
    round_trip<store::Uuid>(text);
    names(text);
    directory_part(text);
    permissions(text);
    path(text);
    static_cast<void>(store::errc_of_error(text));
    return 0;
}
