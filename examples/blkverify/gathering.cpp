#include "gathering.hpp"

#include "../support/open_disk.hpp"

#include <algorithm>
#include <cstdio>

namespace blkverify {

Gathering::Gathering(Store& store, Settings const& settings)
    : store_{store},
      settings_{settings},
      // Half of what is free is for the journals, stacks and whatever comes.
      shape_{Exerciser::Shape::within(
          settings, guest().pages().free_pages() / 2 / settings.disks.size())},
      discovery_{store},
      disks_{
          discovery_,
          DiskKind{store, runtime::grants(), options(), {&Gathering::is_named, this}},
          {&Gathering::tell, this}}
{
}

bool Gathering::prepare()
{
    // Each opening has a deadline of its own, so this one is for finding them.
    constexpr Duration patience = BlockDevice::connect_patience + std::chrono::seconds{10};
    bool good =
        disks_.start() && discovery_.start() && disks_.wait_for_devices(after(guest(), patience));
    auto seed = static_cast<std::uint32_t>(settings_.seed.value_or(
        scramble(static_cast<std::uint64_t>(guest().wall_clock().count())) >> 32));
    for (char const* const name : settings_.disks)
        good = take(name, seed++) && good;
    return good;
}

bool Gathering::take(char const* name, std::uint32_t seed)
{
    auto* const entry = disks_.find_disk(name);
    if (!entry || !entry->device().is_connected() || exerciser_of(entry->device()))
        return refuse(name, entry);
    exercisers_.push_back(
        std::make_unique<Exerciser>(entry->device(), settings_, shape_, name, seed));
    return exercisers_.back()->prepare();
}

/// Says why a disk cannot be exercised.
bool Gathering::refuse(char const* name, Disks::Entry const* entry)
{
    if (!entry)
        examples::explain_absence(store_, name, Errc::no_device);
    else if (exerciser_of(entry->device()))
        std::printf("%s was named already.\n", name);
    else
        examples::explain(
            store_, entry->device(), name, entry->error().value_or(Errc::disconnected));
    return false;
}

bool Gathering::is_named(void* self, std::string_view path)
{
    auto const& settings = static_cast<Gathering*>(self)->settings_;
    return std::ranges::any_of(settings.disks, [&](char const* name) {
        auto const named = blkfront::path_of(name);
        return named && named->view() == path;
    });
}

/// Hands a disk's change to its exerciser.
void Gathering::tell(void* self, Disks::Entry& entry, blkfront::Change change)
{
    auto const& gathering = *static_cast<Gathering*>(self);
    if (Exerciser* const exerciser = gathering.exerciser_of(entry.device()))
        exerciser->on_change(change);
}

Exerciser* Gathering::exerciser_of(BlockDevice const& device) const
{
    auto const found = std::ranges::find(
        exercisers_, &device, [](auto const& exerciser) { return &exerciser->device(); });
    return found == exercisers_.end() ? nullptr : found->get();
}

blkfront::Options Gathering::options() const
{
    blkfront::Options options;
    options.pool_pages = shape_.pool_pages();
    options.offer = settings_.offer;
    options.on_loss = settings_.on_loss;
    options.patience.come_back = std::chrono::seconds{settings_.patience_seconds};
    return options;
}

} // namespace blkverify
