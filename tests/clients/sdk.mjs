// The AWS SDK for JavaScript against the door at argv[2]; its modules are below argv[3]. Prints what it read as JSON.
import { createRequire } from "node:module";

const [, , endpoint, modules] = process.argv;
const sdk = createRequire(modules + "/")("@aws-sdk/client-route-53");
const route53 = new sdk.Route53Client({ endpoint, region: "us-east-1" });

const made = await route53.send(new sdk.CreateHostedZoneCommand({ Name: "sdk.example", CallerReference: "sdk" }));
const HostedZoneId = made.HostedZone.Id;
const www = { Name: "www.sdk.example.", Type: "A", TTL: 60, ResourceRecords: [{ Value: "192.0.2.33" }] };
const change = (Action) =>
  new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes: [{ Action, ResourceRecordSet: www }] } });
const done = await route53.send(change("CREATE"));
await sdk.waitUntilResourceRecordSetsChanged({ client: route53, maxWaitTime: 120, minDelay: 1, maxDelay: 1 },
                                             { Id: done.ChangeInfo.Id });
const names = [];
let page = {};
do {
  page = await route53.send(new sdk.ListResourceRecordSetsCommand({
    HostedZoneId, MaxItems: 1, StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType }));
  names.push(...page.ResourceRecordSets.map((one) => `${one.Name} ${one.Type}`));
} while (page.IsTruncated);
let refused;
try {
  await route53.send(change("CREATE"));
} catch (error) {
  refused = { known: error instanceof sdk.InvalidChangeBatch, status: error.$metadata.httpStatusCode, message: error.message };
}
const zones = await route53.send(new sdk.ListHostedZonesCommand({}));
console.log(JSON.stringify({ names, refused, zones: zones.HostedZones.map((zone) => zone.Name) }));
