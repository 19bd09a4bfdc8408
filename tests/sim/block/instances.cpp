#include <lodger/tests/sim/block/rig.hpp>

template class lodger::blkfront::Device<lodger::sim::Domain>;
template class lodger::blkfront::Flow<lodger::sim::Domain>;
template class lodger::blkfront::Queue<lodger::sim::Domain>;
template class lodger::blkfront::Link<lodger::sim::Domain>;
template class lodger::blkfront::Handshake<lodger::sim::Domain>;
template class lodger::blkfront::PageGrants<lodger::sim::Domain>;
template class lodger::blkfront::IndirectFrames<lodger::sim::Domain>;
template class lodger::blkfront::BufferPool<lodger::sim::Domain>;
