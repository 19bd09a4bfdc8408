#pragma once

#include <lodger/tests/xenstored/cases/limits.hpp>
#include <lodger/tests/xenstored/cases/transactions.hpp>
#include <lodger/tests/xenstored/cases/values.hpp>
#include <lodger/tests/xenstored/cases/watches.hpp>

namespace lodger::store_cases {

/// Everything that the client can do with any XenStore.
template <StoreUnderTest S>
inline constexpr std::array all = {
    Case<S>{"reads what was written", reads_what_was_written},
    Case<S>{"values are any bytes", values_are_any_bytes},
    Case<S>{"values have types", values_have_types},
    Case<S>{"directories", directories},
    Case<S>{"what is not ours is denied", what_is_not_ours_is_denied},
    Case<S>{"permissions are set and read", permissions_are_set_and_read, Needs::other_guest},
    Case<S>{"domain paths", domain_paths},
    Case<S>{
        "the features are those of the page", the_features_are_those_of_the_page,
        Needs::get_feature},
    Case<S>{"what only dom0 may ask is denied", what_only_dom0_may_ask_is_denied},
    Case<S>{"a transaction appears at once", a_transaction_appears_at_once},
    Case<S>{"a failed transaction leaves nothing", a_failed_transaction_leaves_nothing},
    Case<S>{"a conflict runs it again", a_conflict_runs_it_again},
    Case<S>{"endless conflict ends with again", endless_conflict_ends_with_again},
    Case<S>{"what is not touched does not conflict", what_is_not_touched_does_not_conflict},
    Case<S>{
        "increments of two guests all count", increments_of_two_guests_all_count,
        Needs::other_guest},
    Case<S>{"open transactions are limited", open_transactions_are_limited},
    Case<S>{"nodes of a transaction are limited", nodes_of_a_transaction_are_limited},
    Case<S>{
        "a watch fires at once and then for changes", a_watch_fires_at_once_and_then_for_changes},
    Case<S>{"events name paths as the watch does", events_name_paths_as_the_watch_does},
    Case<S>{
        "events come from what another guest does", events_come_from_what_another_guest_does,
        Needs::other_guest},
    Case<S>{"what may not be read fires no event", what_may_not_be_read_fires_no_event},
    Case<S>{"a transaction fires when it is committed", a_transaction_fires_when_it_is_committed},
    Case<S>{"events are kept once and bounded", events_are_kept_once_and_bounded},
    Case<S>{"watches come and go", watches_come_and_go},
    Case<S>{"watches are limited", watches_are_limited},
    Case<S>{"late events are dropped", late_events_are_dropped},
    Case<S>{
        "a watch reaches as deep as it says", a_watch_reaches_as_deep_as_it_says,
        Needs::watch_depth},
    Case<S>{"reset forgets watches and transactions", reset_forgets_watches_and_transactions},
    Case<S>{"waits until a condition holds", waits_until_a_condition_holds, Needs::other_guest},
    Case<S>{"waiting ends at the deadline", waiting_ends_at_the_deadline},
    Case<S>{"waiting can be cancelled", waiting_can_be_cancelled},
    Case<S>{"a reply of 4096 bytes", a_reply_of_4096_bytes},
    Case<S>{"the longest value", the_longest_value},
    Case<S>{"too long a write is refused here", too_long_a_write_is_refused_here},
    Case<S>{"too large a node is refused there", too_large_a_node_is_refused_there},
    Case<S>{"paths are checked", paths_are_checked},
    Case<S>{"a directory of 30 KB", a_directory_of_30_kb},
    Case<S>{"nodes are limited", nodes_are_limited},
    Case<S>{"permissions are limited", permissions_are_limited},
    Case<S>{"requests are pipelined", requests_are_pipelined},
    Case<S>{"long replies are pipelined", long_replies_are_pipelined},
};

} // namespace lodger::store_cases
