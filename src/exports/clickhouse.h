// Events into a table of ClickHouse, over its HTTP interface: INSERT INTO table FORMAT JSONEachRow,
// one request for a batch, or several of some MiB. A request is one block: it is in the table whole
// or not at all. What comes twice is told by `sequence`; the table of clickhouse_row.h drops it.
//
// Written for ClickHouse from 18.16 on: no setting and no type that this version does not know.
// Addresses of all kinds are allowed, because it is the operator who names them.
#pragma once

#include <memory>

#include "base/result.h"
#include "exports/destination.h"
#include "exports/options.h"

namespace postrider::dns {
class Resolver;
}

namespace postrider::exports {

/// `resolver` outlives it.
Result<std::unique_ptr<Destination>> make_clickhouse(const Options& options,
                                                     dns::Resolver& resolver);

/// Errc::invalid: url or table.
Result<> check_clickhouse(const Options& options);

}  // namespace postrider::exports
