/// The handshake of this guest's disks, here and nowhere else: it happens once a connection.

#include <lodger/runtime/services.hpp>

template class lodger::xenbus::OtherEnd<lodger::Guest>;
template class lodger::blkfront::Handshake<lodger::Guest>;
template class lodger::xenbus::Connector<lodger::Guest, lodger::BlockDevice::Driver>;
template class lodger::xenbus::Life<lodger::Guest, lodger::BlockDevice::Driver>;
