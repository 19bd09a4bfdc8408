/// What most cases are made of, compiled for all of them.

#include <lodger/tests/sim/guest.hpp>

template class lodger::store::Client<lodger::sim::Domain>;
template class lodger::store::Connection<lodger::sim::Domain>;
template class lodger::store::Operations<lodger::sim::Domain>;
template class lodger::store::Watch<lodger::sim::Domain>;
template class lodger::grant::Table<lodger::sim::Domain>;
