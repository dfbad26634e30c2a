"""The event selector for object-level events, added to the selectors that trails have."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from world import ACCOUNT, World, withheld

PARAMETER = "/hubmend/LogS3DataEvents/TrailArn"
MANAGEMENT = {"ReadWriteType": "All", "IncludeManagementEvents": True}
NO_MANAGEMENT_READS = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
ADVANCED_MANAGEMENT = {"Name": "Management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
DATA = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]
Item = dict[str, Any]


def basic(kind: str, *values: str) -> Item:
    resources = [{"Type": "AWS::S3::Object", "Values": list(values or ("arn:aws:s3",))}]
    return {"ReadWriteType": kind, "IncludeManagementEvents": False, "DataResources": resources}


def advanced(*more: Item, name: str = "hubmend: Read and Write events of S3 objects") -> Item:
    return {"Name": name, "FieldSelectors": [*DATA, *more]}


def only(read_only: str) -> Item:
    return {"Field": "readOnly", "Equals": [read_only]}


class Trails:
    """The trails of the account, and the repair of one."""

    def __init__(self, world: World) -> None:
        self.world, session = world, boto3.Session(region_name="us-east-1")
        self.clients = {region: session.client("cloudtrail", region_name=region) for region in ("us-east-1", "eu-west-1")}
        self.ssm = session.client("ssm")
        session.client("s3").create_bucket(Bucket="trails")

    def make(self, name: str = "main", region: str = "us-east-1", *, multi: bool = True, running: bool = True) -> str:
        client = self.clients[region]
        arn: str = client.create_trail(Name=name, S3BucketName="trails", IsMultiRegionTrail=multi)["TrailARN"]
        if running:
            client.start_logging(Name=name)
        return arn

    def select(self, *selectors: Item) -> None:
        self.clients["us-east-1"].put_event_selectors(
            TrailName="main", **{"AdvancedEventSelectors" if "FieldSelectors" in selectors[0] else "EventSelectors": list(selectors)}
        )

    def selectors(self, name: str = "main", region: str = "us-east-1") -> list[Item]:
        answer = self.clients[region].get_event_selectors(TrailName=name)
        return list(answer["AdvancedEventSelectors"] or answer["EventSelectors"])

    def repair(self, *events: str, **more: Any) -> Item:
        return self.world.run("hubmend-LogS3DataEvents", Events=list(events), **more)

    def undo(self, repaired: Item) -> Item:
        return self.world.undo("hubmend-LogS3DataEvents", {}, repaired)

    def written(self) -> list[Item]:
        return [{"Call": call, "Parameters": parameters} for call, parameters in self.world.calls if call == "cloudtrail:PutEventSelectors"]

    def refuses(self, *says: str) -> None:
        with pytest.raises(Exception, match=r"^hubmend:refused ") as failure:
            self.repair("Read", "Write")
        assert self.written() == []
        for text in says:
            assert text in str(failure.value)


@pytest.fixture
def trails(account: None, waits: list[float]) -> Trails:  # noqa: ARG001  the fixtures are the account and its clock
    return Trails(World())


@pytest.mark.parametrize(
    ("before", "events", "added"),
    [
        ([MANAGEMENT], ["Write"], basic("WriteOnly")),
        ([MANAGEMENT], ["Read"], basic("ReadOnly")),
        ([MANAGEMENT], ["Read", "Write"], basic("All")),
        ([NO_MANAGEMENT_READS], ["Write"], basic("WriteOnly")),
        ([MANAGEMENT, basic("ReadOnly")], ["Write"], basic("WriteOnly")),
        ([MANAGEMENT, basic("WriteOnly")], ["Read", "Write"], basic("All")),
        ([MANAGEMENT, basic("All", "arn:aws:s3:::orders/")], ["Write"], basic("WriteOnly")),
        ([ADVANCED_MANAGEMENT], ["Read", "Write"], advanced()),
        ([ADVANCED_MANAGEMENT], ["Write"], advanced(only("false"), name="hubmend: Write events of S3 objects")),
        ([ADVANCED_MANAGEMENT, advanced(only("false"))], ["Read"], advanced(only("true"), name="hubmend: Read events of S3 objects")),
        (
            [ADVANCED_MANAGEMENT, advanced({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::orders/"]}, name="orders")],
            ["Read", "Write"],
            advanced(),
        ),
    ],
)
def test_a_selector_is_added_and_removed(trails: Trails, before: list[Item], events: list[str], added: Item) -> None:
    trails.make()
    trails.select(*before)

    planned = withheld(trails.repair(*events, Mode="plan"))
    assert trails.written() == []
    repaired = trails.repair(*events)
    assert trails.written() == planned
    assert trails.selectors() == [*before, added]
    assert trails.repair(*events)["Change"] == "Nothing to change: the trail main logs these events of all buckets."
    assert trails.written() == []

    assert trails.undo(repaired)["Change"].startswith("Restored: ")
    assert trails.selectors() == before
    assert trails.undo(repaired)["Change"].startswith("Nothing to change: ")


@pytest.mark.parametrize(
    "compliant",
    [
        [{**MANAGEMENT, **basic("All"), "IncludeManagementEvents": True}],
        [MANAGEMENT, basic("ReadOnly"), basic("WriteOnly")],
        [MANAGEMENT, basic("All", "arn:aws:s3:::orders/", "arn:aws:s3:::")],
        [advanced(name="all")],
        [advanced(only("true"), name="reads"), advanced(only("false"), name="writes")],
    ],
)
def test_a_trail_that_logs_the_events_stays(trails: Trails, compliant: list[Item]) -> None:
    trails.make()
    trails.select(*compliant)
    kept = trails.repair("Read", "Write")
    assert kept["Change"].startswith("Nothing to change: ")
    assert trails.undo(kept)["Change"].startswith("Nothing to change: ")
    assert trails.written() == []


def test_a_trail_without_selectors_keeps_the_management_events(trails: Trails) -> None:
    trails.make()
    trails.repair("Write")
    assert trails.selectors() == [MANAGEMENT, basic("WriteOnly")]


def test_a_trail_is_changed_in_its_home_region(trails: Trails) -> None:
    trails.make("far", "eu-west-1")
    trails.make("regional", multi=False)
    trails.make("stopped", running=False)
    repaired = trails.repair("Write")
    assert trails.selectors("far", "eu-west-1")[1:] == [basic("WriteOnly")]
    trails.undo(repaired)
    assert trails.selectors("far", "eu-west-1") == [MANAGEMENT]


def test_no_trail(trails: Trails) -> None:
    trails.make("regional", multi=False)
    trails.make("stopped", running=False)
    trails.refuses("The account has no multi-Region trail that is logging. Create or start one")


def test_several_trails(trails: Trails) -> None:
    first, second = trails.make(), trails.make("other", "eu-west-1")
    trails.refuses(f"several multi-Region trails: {first}, {second}.", f"{PARAMETER} in Parameter Store of this account, in us-east-1.")

    trails.ssm.put_parameter(Name=PARAMETER, Type="String", Value=second)
    trails.repair("Write")
    assert trails.selectors("other", "eu-west-1")[1:] == [basic("WriteOnly")]

    trails.ssm.put_parameter(Name=PARAMETER, Type="String", Value=f"{second}-gone", Overwrite=True)
    trails.refuses(f"{PARAMETER} names {second}-gone, which is not a multi-Region trail of this account that is logging.")


def organization(trails: Trails, owner: str) -> str:
    arn = f"arn:aws:cloudtrail:us-east-1:{owner}:trail/organization"
    trail = {"Name": "organization", "TrailARN": arn, "HomeRegion": "us-east-1", "IsMultiRegionTrail": True, "IsOrganizationTrail": True}
    trails.world.answers["cloudtrail:DescribeTrails"] = lambda: {"trailList": [trail]}
    trails.world.answers["cloudtrail:GetTrailStatus"] = lambda: {"IsLogging": True}
    return arn


def test_the_trail_of_the_organization(trails: Trails) -> None:
    arn = organization(trails, "999999999999")
    trails.world.denied = {"cloudtrail:GetEventSelectors": "OperationNotPermittedException"}
    trails.refuses(f"no multi-Region trail of its own. Let the organization's trail log these events: {arn}.")

    organization(trails, ACCOUNT)
    trails.refuses("The only multi-Region trail is of the organization", f"put the ARN of the trail into {PARAMETER}")


def test_cloudtrail_accepts_no_more_selectors(trails: Trails) -> None:
    trails.make()
    trails.world.denied = {"cloudtrail:PutEventSelectors": "InvalidEventSelectorsException"}
    with pytest.raises(Exception, match=r"^hubmend:refused CloudTrail accepts no further event selector"):
        trails.repair("Write")


def changes_after_a_read(trails: Trails, *selectors: Item) -> None:
    """Let something else change the selectors after the second read of the run, which is the one that decides."""
    made = [0]

    def count(**_: object) -> None:
        made[0] += 1
        if made[0] == 2:
            trails.select(*selectors)

    boto3.DEFAULT_SESSION.events.register("after-call.cloudtrail.GetEventSelectors", count)


def test_a_change_by_another_between_reading_and_writing_stays(trails: Trails) -> None:
    trails.make()
    changes_after_a_read(trails, NO_MANAGEMENT_READS, basic("All", "arn:aws:s3:::orders/"))
    trails.repair("Write")
    assert trails.selectors() == [NO_MANAGEMENT_READS, basic("All", "arn:aws:s3:::orders/"), basic("WriteOnly")]


def test_the_undo_leaves_what_was_changed_since(trails: Trails) -> None:
    trails.make()
    repaired = trails.repair("Write")
    trails.select(MANAGEMENT, basic("All"))
    with pytest.raises(Exception, match=r"^hubmend:refused The event selectors of the trail .* have changed since the repair "):
        trails.undo(repaired)
    assert trails.written() == []

    trails.select(NO_MANAGEMENT_READS, basic("WriteOnly"), basic("ReadOnly"))
    trails.undo(repaired)
    assert trails.selectors() == [NO_MANAGEMENT_READS, basic("ReadOnly")]


@pytest.mark.parametrize("call", ["DescribeTrails", "GetTrailStatus", "GetEventSelectors", "PutEventSelectors"])
def test_what_is_denied(trails: Trails, call: str) -> None:
    trails.make()
    trails.world.denied = {f"cloudtrail:{call}": "AccessDeniedException"}
    with pytest.raises(Exception, match=f"^hubmend:(read|write) AccessDeniedException cloudtrail:{call}"):
        trails.repair("Write")


def test_a_change_that_never_shows(trails: Trails) -> None:
    trails.make()
    trails.world.stale = 1000
    with pytest.raises(Exception, match=r"^hubmend:unverified The trail main was changed, but CloudTrail does not report it"):
        trails.repair("Write")
