#include <lodger/runtime/services.hpp>

namespace lodger::runtime {

GrantTable& grants()
{
    static GrantTable table{guest()};
    return table;
}

} // namespace lodger::runtime
