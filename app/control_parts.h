// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/control.h"
#include "app/webhook.h"
#include "base/async.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/shared_memory.h"
#include "dns/channel.h"
#include "dns/image/image.h"
#include "health/prober.h"
#include "health/target_rules.h"
#include "zones/store/store.h"

namespace waymark::app {

// What the control process makes of its settings before its rooms are built.

/// The first message of the supervisor: what the workers answer from now.
Result<dns::Image> receive_image(const dns::Channel& channel);

/// An empty database beside images with zones is not the one that they came from: compiling it
/// would end every answer; and an older copy of theirs would take answers back. Fails with
/// `unavailable`.
Result<std::unique_ptr<zones::Store>> open_fitting(const Config& config, const dns::Image& image);
/// Opens the database, or stands in for it: answers go on from the image either way.
std::unique_ptr<zones::Store> open_store(const Config& config, const dns::Image& image);

Endpoint bound_to(const FileDescriptor& socket);
/// Where REST is, then where the Route 53 door is, when it is open.
std::vector<Endpoint> doors_of(const ControlDescriptors& descriptors);
/// Where a prober must not knock: the API's doors, on every address of this machine when one
/// listens on all.
std::vector<Endpoint> own_endpoints(const std::vector<Endpoint>& doors);
/// Where the files are that https checks may name.
std::string tls_directory(const Config& config);
health::ProberSettings prober_settings(const Config& config, const health::TargetRules& rules);

/// A line of the log for each resolver that stands inside a VPC.
void warn_of_resolvers(const zones::Store& store, const std::vector<Endpoint>& resolvers);

/// Null unless it was asked for; without its secret it stays off, and says so.
std::unique_ptr<Webhook> make_webhook(const Config& config, asio::io_context& io,
                                      const Clock& clock, const health::TargetRules& rules,
                                      Random random);

/// Connections and probes are descriptors; the hard limit is the one that the operator chose.
void raise_descriptor_limit() noexcept;

}  // namespace waymark::app
