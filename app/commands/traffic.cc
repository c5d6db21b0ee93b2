// SPDX-License-Identifier: Apache-2.0
//
// The noun traffic-policy: documents with versions, and what puts them on names.
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

struct Words {
  std::string id, name, file, comment, zone;
  std::uint32_t version = 0, ttl = 60;
};

const std::string policies = "/v1/traffic-policies", instances = "/v1/traffic-policy-instances";

/// The document goes as the text it is, so that its faults are told of the file's own words.
Json version_body(const Words& words) {
  Json body{{"document", read_input(words.file)}};
  if (!words.comment.empty()) body["comment"] = words.comment;
  return body;
}

int show_version(const Client& client, const Json& one) {
  return show(client, one, [&] {
    if (one.contains("dry_run")) {
      std::cout << "the document is valid; nothing was stored\n";
      return;
    }
    std::cout << cell(one, "id") << ' ' << cell(one, "name") << " version " << cell(one, "version")
              << ", " << cell(one, "type") << '\n';
  });
}

int show_instances(const Client& client, const Json& json, const Json& list) {
  return show(client, json, [&] {
    Table table({"ID", "NAME", "TYPE", "TTL", "POLICY", "VERSION", "STATUS"});
    for (const Json& one : list)
      table.add({cell(one, "id"), cell(one, "name"), cell(one, "type"), cell(one, "ttl"),
                 cell(one, "policy_id"), cell(one, "policy_version"), cell(one, "status")});
    print(client, table);
  });
}

int show_put(const Client& client, const Json& done) {
  return done.contains("dry_run") ? show_change(client, done)
                                  : show_instances(client, done, Json::array({done}));
}

std::string one_policy(const Words& words) {
  return policies + "/" + escaped(words.id);
}
std::string one_version(const Words& words) {
  return one_policy(words) + "/versions/" + std::to_string(words.version);
}

/// The instance at a name, of the type that the version has, or null.
Json instance_at(Client& client, const Words& words, const Json& version) {
  std::string name = words.name;
  if (!name.ends_with('.')) name += '.';
  for (const Json& one : client.list(instances + "?zone=" + escaped(words.zone)))
    if (one["name"] == name && one["type"] == version["type"]) return one;
  return {};
}

void add_documents(CLI::App* noun, Verbs& verbs, const std::shared_ptr<Words>& words) {
  CLI::App* create = noun->add_subcommand("create", "make a policy and its version 1");
  create->add_option("NAME", words->name)->required();
  create->add_option("FILE", words->file, "the document, JSON; - is standard input")->required();
  create->add_option("--comment", words->comment);
  verbs.when(create, [words](Client& client) {
    Json body = version_body(*words);
    body["name"] = words->name;
    return show_version(client, client.send("POST", policies + dry_run(client), body));
  });

  CLI::App* version = noun->add_subcommand("version", "make the next version of a policy");
  version->add_option("ID", words->id)->required();
  version->add_option("FILE", words->file, "- is standard input")->required();
  version->add_option("--comment", words->comment);
  verbs.when(version, [words](Client& client) {
    const std::string target = one_policy(*words) + "/versions" + dry_run(client);
    return show_version(client, client.send("POST", target, version_body(*words)));
  });

  verbs.when(noun->add_subcommand("list", "all policies"), [](Client& client) {
    const Json all = client.get(policies)["items"];
    return show(client, all, [&] {
      Table table({"ID", "NAME", "TYPE", "LATEST", "VERSIONS"});
      for (const Json& one : all)
        table.add({cell(one, "id"), cell(one, "name"), cell(one, "type"),
                   cell(one, "latest_version"), cell(one, "version_count")});
      print(client, table);
    });
  });

  CLI::App* one = noun->add_subcommand("show", "a policy's versions, or the document of one");
  one->add_option("ID", words->id)->required();
  one->add_option("VERSION", words->version);
  verbs.when(one, [words](Client& client) {
    if (words->version > 0) {
      const Json told = client.get(one_version(*words));
      return show(client, told, [&] { std::cout << told["document"].dump(2) << '\n'; });
    }
    const Json told = client.get(one_policy(*words));
    return show(client, told, [&] {
      std::cout << cell(told, "id") << ' ' << cell(told, "name") << '\n';
      Table table({"VERSION", "TYPE", "COMMENT"});
      for (const Json& each : told["versions"])
        table.add({cell(each, "version"), cell(each, "type"), cell(each, "comment")});
      print(client, table);
    });
  });

  CLI::App* remove = noun->add_subcommand("delete", "delete a version, or the whole policy");
  remove->add_option("ID", words->id)->required();
  remove->add_option("VERSION", words->version);
  verbs.when(remove, [words](Client& client) {
    client.call("DELETE", words->version > 0 ? one_version(*words) : one_policy(*words));
    std::cerr << "deleted " << words->id
              << (words->version > 0 ? " version " + std::to_string(words->version) : "") << '\n';
    return exit_ok;
  });
}

void add_instances(CLI::App* noun, Verbs& verbs, const std::shared_ptr<Words>& words) {
  CLI::App* apply = noun->add_subcommand(
      "apply", "put a version on a name; what stands there of this type is changed at once");
  apply->add_option("ZONE", words->zone)->required();
  apply->add_option("NAME", words->name)->required();
  apply->add_option("ID", words->id, "of the policy")->required();
  apply->add_option("VERSION", words->version, "the latest when left out");
  apply->add_option("--ttl", words->ttl, "seconds, of every record")->capture_default_str();
  verbs.when(apply, [words](Client& client) {
    if (words->version == 0)
      words->version = client.get(one_policy(*words))["latest_version"].get<std::uint32_t>();
    Json body{{"policy_id", words->id}, {"policy_version", words->version}, {"ttl", words->ttl}};
    const Json stands = instance_at(client, *words, client.get(one_version(*words)));
    if (!stands.is_null())
      return show_put(
          client,
          client.send("PUT", instances + "/" + stands["id"].get<std::string>() + dry_run(client),
                      body));
    body["zone"] = words->zone;
    body["name"] = words->name;
    return show_put(client, client.send("POST", instances + dry_run(client), body));
  });

  CLI::App* list = noun->add_subcommand("instances", "what is on which name");
  list->add_option("--zone", words->zone);
  verbs.when(list, [words](Client& client) {
    const Json all =
        client.list(words->zone.empty() ? instances : instances + "?zone=" + escaped(words->zone));
    return show_instances(client, all, all);
  });

  CLI::App* remove = noun->add_subcommand("remove", "delete an instance and all it made");
  remove->add_option("ID", words->id, "of the instance")->required();
  verbs.when(remove, [words](Client& client) {
    const std::string target = instances + "/" + escaped(words->id) + dry_run(client);
    return show_change(client, client.call("DELETE", target));
  });
}

}  // namespace

void add_traffic_policy(CLI::App& app, Verbs& verbs) {
  CLI::App* noun =
      app.add_subcommand("traffic-policy", "trees of rules, kept in versions, put on names")
          ->require_subcommand(1);
  auto words = std::make_shared<Words>();
  add_documents(noun, verbs, words);
  add_instances(noun, verbs, words);
}

}  // namespace waymark::app
