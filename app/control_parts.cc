// SPDX-License-Identifier: Apache-2.0
#include "app/control_parts.h"

#include <fstream>
#include <ifaddrs.h>
#include <iterator>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/log.h"
#include "zones/store/sqlite_store.h"
#include "zones/vpcs.h"

namespace waymark::app {

Result<dns::Image> receive_image(const dns::Channel& channel) {
  auto start = channel.receive();
  if (!start) return start.error();
  if (start->kind != dns::Message::Kind::publish || !start->manifest)
    return Error(ErrorCode::bad_image, "the supervisor's first message is not a generation");
  if (start->manifest->generation == 0) return dns::Image();
  std::vector<std::shared_ptr<const dns::Part>> parts;
  for (const FileDescriptor& descriptor : start->descriptors) {
    auto part = dns::Part::open(descriptor, false);
    if (!part) return part.error();
    parts.push_back(std::move(*part));
  }
  return dns::Image::open(*start->manifest, std::move(parts));
}

Result<std::unique_ptr<zones::Store>> open_fitting(const Config& config, const dns::Image& image) {
  auto store = zones::SqliteStore::open(config.data_dir, image.generation() == 0);
  if (!store || image.names().names() == 0) return store;
  const auto state = (*store)->snapshot();
  if (!state) return state.error();
  const zones::Revision stands = (*state)->revision();
  if (stands.epoch == image.manifest().epoch && stands.number >= image.manifest().revision)
    return store;
  if (stands.epoch == image.manifest().epoch)  // LKG-5
    return Error(ErrorCode::unavailable,
                 "the database is an older copy: it stands at revision " +
                     std::to_string(stands.number) + ", and " +
                     std::to_string(image.manifest().revision) +
                     " was answered already; `waymark restore` goes back to it");
  const auto zones = (*state)->zones();
  if (!zones) return zones.error();
  if (!zones->empty()) return store;
  return Error(ErrorCode::unavailable,
               "the database holds no zones and is not the one that the images came from; restore "
               "a backup, or remove " +
                   config.data_dir + "/images to begin anew");
}

std::unique_ptr<zones::Store> open_store(const Config& config, const dns::Image& image) {
  auto store = open_fitting(config, image);
  if (store) return std::move(*store);
  log::error("store_unavailable", {{"reason", store.error().detail()}});
  return zones::make_absent_store(store.error().detail());
}

Endpoint bound_to(const FileDescriptor& socket) {
  sockaddr_storage storage{};
  socklen_t octets = sizeof storage;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &octets);
  return Endpoint::from(reinterpret_cast<const sockaddr&>(storage));
}

std::vector<Endpoint> doors_of(const ControlDescriptors& descriptors) {
  std::vector<Endpoint> doors{bound_to(descriptors.api_socket)};
  if (descriptors.route53_socket) doors.push_back(bound_to(descriptors.route53_socket));
  return doors;
}

std::vector<Endpoint> own_endpoints(const std::vector<Endpoint>& doors) {
  std::vector<Endpoint> own = doors;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return own;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const int family = one->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    for (const Endpoint& door : doors)
      if (door.address.is_unspecified())
        own.push_back({Endpoint::from(*one->ifa_addr).address, door.port});
  }
  freeifaddrs(all);
  return own;
}

std::string tls_directory(const Config& config) {
  return config.health_tls_directory.empty() ? config.data_dir + "/health-tls"
                                             : config.health_tls_directory;
}

health::ProberSettings prober_settings(const Config& config, const health::TargetRules& rules) {
  return {{rules, config.resolvers, tls_directory(config)}, config.trust, config.seed.value_or(0)};
}

void warn_of_resolvers(const zones::Store& store, const std::vector<Endpoint>& resolvers) {
  const auto state = store.snapshot();
  if (resolvers.empty() || !state) return;
  const auto all = zones::vpcs(**state);
  if (!all) return;
  for (const zones::Vpc& vpc : *all)
    for (const std::string& reason : zones::resolvers_inside(vpc, resolvers))
      log::warning("resolver_in_vpc", {{"vpc", vpc.name}, {"reason", reason}});
}

std::unique_ptr<Webhook> make_webhook(const Config& config, asio::io_context& io,
                                      const Clock& clock, const health::TargetRules& rules,
                                      Random random) {
  if (config.webhook.empty()) return nullptr;
  std::ifstream file(config.webhook_secret_file);
  std::string secret{std::istreambuf_iterator<char>(file), {}};
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r'))
    secret.pop_back();
  if (secret.empty()) {
    log::error("webhook_off",
               {{"reason", config.webhook_secret_file + " can not be read or is empty"}});
    return nullptr;
  }
  // parse_serve has read the URL already.
  Webhook::Settings settings{*WebhookUrl::parse(config.webhook), std::move(secret),
                             config.resolvers};
  return std::make_unique<Webhook>(io, clock, rules, std::move(settings), random);
}

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace waymark::app
