#include <lodger/ext4/examine.hpp>

#include <span>

namespace lodger::ext4 {
namespace {

struct Feature {
    std::uint32_t bit;
    char const* name; ///< as mke2fs and `dumpe2fs -h` have it
};

// Linux's Documentation/filesystems/ext4/super.rst, "Feature Incompatible" and "Feature
// Readonly-Compatible".
constexpr Feature incompatible[] = {
    {0x1, "compression"},
    {EXT2_FEATURE_INCOMPAT_FILETYPE, "filetype"},
    {EXT3_FEATURE_INCOMPAT_RECOVER, "needs_recovery"},
    {EXT3_FEATURE_INCOMPAT_JOURNAL_DEV, "journal_dev"},
    {EXT2_FEATURE_INCOMPAT_META_BG, "meta_bg"},
    {EXT3_FEATURE_INCOMPAT_EXTENTS, "extent"},
    {EXT4_FEATURE_INCOMPAT_64BIT, "64bit"},
    {EXT4_FEATURE_INCOMPAT_MMP, "mmp"},
    {EXT4_FEATURE_INCOMPAT_FLEX_BG, "flex_bg"},
    {EXT4_FEATURE_INCOMPAT_EA_INODE, "ea_inode"},
    {EXT4_FEATURE_INCOMPAT_DIRDATA, "dirdata"},
    {EXT4_FEATURE_INCOMPAT_CSUM_SEED, "metadata_csum_seed"},
    {EXT4_FEATURE_INCOMPAT_LARGEDIR, "large_dir"},
    {EXT4_FEATURE_INCOMPAT_INLINE_DATA, "inline_data"},
    {EXT4_FEATURE_INCOMPAT_ENCRYPT, "encrypt"},
    {EXT4_FEATURE_INCOMPAT_CASEFOLD, "casefold"},
};
constexpr Feature read_only_compatible[] = {
    {EXT4_FEATURE_RO_COMPAT_HAS_SNAPSHOT, "snapshot"},
    {EXT4_FEATURE_RO_COMPAT_QUOTA, "quota"},
    {EXT4_FEATURE_RO_COMPAT_BIGALLOC, "bigalloc"},
    {EXT4_FEATURE_RO_COMPAT_REPLICA, "replica"},
    {EXT4_FEATURE_RO_COMPAT_READONLY, "read-only"},
    {EXT4_FEATURE_RO_COMPAT_PROJECT, "project"},
    {EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS, "shared_blocks"},
    {EXT4_FEATURE_RO_COMPAT_VERITY, "verity"},
};

constexpr std::uint32_t readable =
    EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER | EXT2_FEATURE_INCOMPAT_META_BG |
    EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG |
    EXT4_FEATURE_INCOMPAT_EA_INODE | EXT4_FEATURE_INCOMPAT_CSUM_SEED |
    EXT4_FEATURE_INCOMPAT_LARGEDIR | EXT4_FEATURE_INCOMPAT_INLINE_DATA;
constexpr std::uint32_t writable =
    readable & ~(EXT4_FEATURE_INCOMPAT_EA_INODE | EXT4_FEATURE_INCOMPAT_INLINE_DATA);
constexpr std::uint32_t writable_compatible =
    EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |
    EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_GDT_CSUM |
    EXT4_FEATURE_RO_COMPAT_DIR_NLINK | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE |
    EXT4_FEATURE_RO_COMPAT_METADATA_CSUM | EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT;

std::string names_of(std::uint32_t bits, std::span<Feature const> known)
{
    std::string names;
    for (Feature const& feature : known) {
        if (bits & feature.bit)
            names += std::string{names.empty() ? "" : ", "} + feature.name;
        bits &= ~feature.bit;
    }
    if (bits != 0)
        names += std::string{names.empty() ? "" : ", "} + "one that is not known here";
    return names;
}

Failure refuse(std::string& why, Errc error, std::string text)
{
    why = std::move(text);
    return Failure{error};
}

std::uint64_t size_of(ext2_super_block const& super)
{
    bool const is_wide = super.s_feature_incompat & EXT4_FEATURE_INCOMPAT_64BIT;
    std::uint64_t const high = is_wide ? super.s_blocks_count_hi : 0;
    std::uint64_t const blocks = high << 32 | super.s_blocks_count;
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(blocks, EXT2_MIN_BLOCK_SIZE << super.s_log_block_size, &bytes))
        return ~std::uint64_t{0};
    return bytes;
}

Result<> check_form(ext2_super_block const& super, std::uint64_t disk_size, std::string& why)
{
    if (super.s_magic != EXT2_SUPER_MAGIC)
        return refuse(why, Errc::protocol, "there is no ext2, ext3 or ext4 file system on it");
    if (super.s_log_block_size > EXT2_MAX_BLOCK_LOG_SIZE - EXT2_MIN_BLOCK_LOG_SIZE)
        return refuse(why, Errc::protocol, "its superblock makes no sense");
    if (std::uint32_t const bits = super.s_feature_incompat & ~readable)
        return refuse(
            why, Errc::unsupported,
            "it has features that are not supported: " + names_of(bits, incompatible));
    if (size_of(super) > disk_size)
        return refuse(why, Errc::protocol, "it says that it is larger than its disk");
    return {};
}

Result<> check_state(ext2_super_block const& super, std::string& why)
{
    char const* state = nullptr;
    if (super.s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER)
        state = "its journal has changes that must be replayed";
    else if (super.s_state & EXT2_ERROR_FS)
        state = "errors were found in it";
    else if (!(super.s_state & EXT2_VALID_FS))
        state = "it was not unmounted";
    else if (
        super.s_last_orphan != 0 ||
        (super.s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT))
        state = "it has files that were deleted while they were open";
    if (!state)
        return {};
    return refuse(
        why, Errc::not_permitted_now,
        std::string{state} +
            ": run `e2fsck -f` on it first (or, to see it as it is, mount it unrecovered)");
}

} // namespace

Result<> examine(
    ext2_super_block const& super, std::uint64_t disk_size, Options const& options,
    std::string& why)
{
    LODGER_TRY(check_form(super, disk_size, why));
    if (options.unrecovered)
        return {};
    // Reading, too: what the journal holds is not in its place, so files may be torn.
    bool const must_recover = super.s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER;
    if (must_recover || !options.read_only)
        LODGER_TRY(check_state(super, why));
    if (options.read_only)
        return {};
    std::uint32_t const incompat = super.s_feature_incompat & ~writable;
    std::uint32_t const compat = super.s_feature_ro_compat & ~writable_compatible;
    if (incompat == 0 && compat == 0)
        return {};
    std::string names = names_of(incompat, incompatible);
    if (compat != 0)
        names += (names.empty() ? "" : ", ") + names_of(compat, read_only_compatible);
    return refuse(
        why, Errc::unsupported, "it has features with which it can only be read: " + names);
}

} // namespace lodger::ext4
