"""Sample texts in English: letters to a cloud's support, its answers and notes. Data only."""

from __future__ import annotations

from cli.demo.topics import Phrases, Topic

PHRASES = Phrases(
    greetings=("Hello,", "Hi there,", "Hi team,", "Good morning,", "Dear support,"),
    farewells=("Best regards,", "Thanks in advance,", "Kind regards,", "Cheers,"),
    thanks=(
        "That did it, thank you!",
        "Works now. Thanks for the quick turnaround, you can close this one.",
        "Confirmed on our side, all good. Thank you!",
        "Great, that explains it. Thanks a lot.",
    ),
    agent_greetings=("Hello {client},", "Hi {client},"),
    agent_farewells=("{agent}\nSarma Cloud support",),
    followups=(
        "Thanks for the answer. It is better now, but not quite there. What else could we look at?",
        "Understood. When will it be fixed for good?",
        "Done as you wrote. Could you check on your side, please?",
    ),
    answers=(
        "I am looking into this with the engineer on duty and will be back within the hour.",
        "We have corrected a setting on our side. Please check, and write if anything is still wrong.",
        "Please send the time of the last error and the output of traceroute: we will find the cause sooner.",
    ),
    region_line="Region: {region}",
)

TOPICS = (
    Topic(
        "vm",
        (
            "{vm} does not boot after resize",
            "High steal time on {vm}",
            "Instance {vm} stuck in BUILD",
            "{vm} unreachable since {time}",
            "{vm} in {zone} is very slow",
        ),
        (
            (
                "We resized {vm} ({ip}) this morning and it has not come back: the panel says Running, SSH"
                " times out and the console shows a blinking cursor. We rebooted it twice, at {time} and"
                " again ten minutes later.\n\nIt hosts our order database, so this is rather urgent for us."
            ),
            (
                "Since {time} {vm} in {zone} is slow to the point of being unusable: steal time sits at"
                " {percent} %. We changed nothing. Could a noisy neighbour be the cause, and could you move"
                " us?"
            ),
            (
                "Creating {vm} from our image has been stuck in BUILD for an hour. The same image worked last"
                " week. The request id is req-{n}a7f."
            ),
        ),
        (
            (
                "I can see {vm}: its host went into maintenance at {time}. I am moving it to another one,"
                " which takes about ten minutes; the disk is not affected. I will write again when it is"
                " done."
            ),
            (
                "The host was overcommitted and we have rebalanced it. Steal is below 2 % now. Sorry about"
                " that, we have credited a day of {vm} to your account."
            ),
            (
                "The image had been copied without its boot flag, so the scheduler kept waiting. I have"
                " repaired it and {vm} is being built now; it should be ready in a few minutes."
            ),
        ),
        (
            "It is up, but {volume} came back read-only. Is that still part of the move?",
            "Thanks, it works. Could you tell us the cause? We have to write a post-mortem.",
        ),
        (
            "Host cn-{n} drained by the network team without notice. Told the duty engineer.",
            "Graphs say it ran out of memory at {time} and the OOM killer took postgres. Not the host.",
        ),
    ),
    Topic(
        "billing",
        (
            "Invoice {invoice} is twice the usual amount",
            "Charged twice on {date}",
            "Payment for {invoice} keeps failing",
            "What is the EUR {amount} line on our invoice?",
            "Please refund the second payment of {date}",
        ),
        (
            (
                "Invoice {invoice} for {month} says EUR {amount}; we normally pay about half of that and have"
                " not added any servers. Could you send us a breakdown by service?"
            ),
            (
                "Our card was charged EUR {amount} twice on {date}, a minute apart, and the panel shows one"
                " payment only. Please refund the second one. The bank statement is attached."
            ),
            (
                "We try to pay {invoice} with our company card and get “declined” after 3-D Secure. Our bank"
                " says no request reached them. Will you stop our servers when the balance goes negative?"
            ),
        ),
        (
            (
                "I went through the breakdown: the difference is outgoing traffic of the bucket {bucket},"
                " {percent} TB in {month}. It was made public on {date}. The full report is under Billing →"
                " Details."
            ),
            (
                "Our acquirer has confirmed the double charge; the money will be back within 3–5 working"
                " days. The refund number is R-{n}. Sorry for the trouble."
            ),
            (
                "I have given you three more days: nothing will be stopped before {date}. A bank transfer"
                " with the number {invoice} works as well."
            ),
        ),
        (
            "Can we set a spending limit so that this does not happen again?",
            "Nothing has arrived yet. From which day do the five working days count?",
        ),
        (
            "Client is right: the acquirer doubled every payment of that terminal on {date}. See FIN-{n}.",
            "Second time this quarter. I would offer a credit, needs the supervisor's word.",
        ),
    ),
    Topic(
        "dns",
        (
            "A record for {domain} does not propagate",
            "{domain} stays “pending delegation”",
        ),
        (
            (
                "We pointed {domain} to {ip} yesterday, and some of our customers still reach the old"
                " address. TTL was 300. We checked from three different networks."
            ),
            (
                "{domain} was delegated to your name servers a day ago, whois agrees, and the panel still"
                " says “pending delegation”. Is there anything left for us to do?"
            ),
        ),
        (
            (
                "Our servers have been answering with {ip} since {time}. One resolver still holds the old"
                " record, whose TTL was 86400 rather than 300. It will be gone by {time}."
            ),
            (
                "The name servers are right, but a DS record of your previous host is still in the registry,"
                " so DNSSEC validation fails. Remove it at your registrar and the delegation is picked up"
                " within the hour."
            ),
        ),
        (
            "Do you support ALIAS at the apex of {domain}?",
            "The DS is gone, the panel has not changed. How much longer?",
        ),
        ("dig +trace is fine. Looks like the panel's old caching bug, DNS-{n}.",),
    ),
    Topic(
        "backup",
        (
            "Backup of {vm} fails with a timeout",
            "Urgent: table dropped on {vm}",
            "No good backup of {vm} since {date}",
            "Restore the database of {vm} to {time}",
        ),
        (
            (
                "For the third night in a row the backup of {vm} stops at {percent} % with “snapshot"
                " timeout”. The last good one is of {date}. It runs daily at 02:00 UTC."
            ),
            (
                "A colleague dropped the orders table on {vm} at about {time}. Is there a copy that we could"
                " bring up beside the live database, without touching it?"
            ),
        ),
        (
            (
                "The snapshot was waiting for fsfreeze inside the guest. Please update qemu-guest-agent to"
                " 7.2 and start a backup by hand, so that we see at once whether it helped."
            ),
            (
                "There is a copy from 02:00. I am restoring it as a separate disk, {volume}, in the same"
                " zone; you can attach it to {vm} in about twenty minutes. The live database stays as it is."
            ),
        ),
        (
            "Agent updated, last night's backup failed again, at {percent} % this time.",
            "Attached it, the table is back, you saved our day! How do we detach the spare disk properly?",
        ),
        ("Backup store bk-{n} is 96 % full, hence the timeouts. Duty engineer is adding a shelf.",),
    ),
    Topic(
        "s3",
        (
            "403 SignatureDoesNotMatch on {bucket}",
            "Objects under logs/ are missing in {bucket}",
        ),
        (
            (
                "Since {time} every upload to {bucket} through aws-cli ends with 403 SignatureDoesNotMatch."
                " The keys have not changed, and uploads through the panel work."
            ),
            (
                "All objects under logs/{date} are gone from {bucket}. Our lifecycle rule was meant to move"
                " them to cold storage, not to delete them, and versioning is off."
            ),
        ),
        (
            (
                "It is the clock of the server: the signature is {n} minutes off. Please turn on chrony and"
                " try again."
            ),
            (
                "The objects are all there: the rule moved them to COLD, and the panel shows STANDARD by"
                " default. Switch the “storage class” filter."
            ),
        ),
        (
            "Clock fixed, the error stays. The output with --debug is attached.",
            "Found them, thanks! Can we move them back all at once?",
        ),
        ("Rate limit was set by anti-abuse on {date}, only line 2 may lift it.",),
    ),
    Topic(
        "vpn",
        (
            "VPN to our office drops every {n} minutes",
            "IPsec: no proposal chosen in phase 2",
        ),
        (
            (
                "The IPsec tunnel between your gateway and our pfSense drops every {n} minutes and comes back"
                " after half a minute. Everybody's session on {vm} dies with it. Our log is attached."
            ),
            (
                "We are setting up a site-to-site tunnel by your guide. Phase 1 is fine, phase 2 ends with"
                " “no proposal chosen”. We offer AES-256, SHA-256, group 14. What do you expect?"
            ),
        ),
        (
            (
                "Our log says that {ip} does not answer DPD. Please set the DPD interval to 30 s and the"
                " rekey to 8 hours: both sides rekey at the same moment now and get in each other's way."
            ),
            (
                "In phase 2 we accept AES-256-GCM without a separate hash. Remove the hash and the tunnel"
                " comes up."
            ),
        ),
        ("Better, but at {time} it was down for two minutes again.",),
        ("Same firmware as last month's case. Suggested an upgrade.",),
    ),
    Topic(
        "ssl",
        (
            "Certificate for {domain} was not renewed",
            "Load balancer serves the wrong certificate for {domain}",
        ),
        (
            (
                "The certificate for {domain} expired today at {time}; the automatic renewal did not happen"
                " and browsers turn our customers away. Please help, the shop is down."
            ),
            (
                "The load balancer answers for {domain} with the certificate of another domain of ours. Both"
                " are attached correctly, and recreating the listener changed nothing."
            ),
        ),
        (
            (
                "I have issued it by hand and {domain} serves it already. The renewal stumbled over your CAA"
                " record, which allows another authority only. Add letsencrypt.org and it renews by itself."
            ),
            (
                "Clients without SNI get the first certificate of the list. Put {domain} first, or let the"
                " balancer refuse connections without SNI."
            ),
        ),
        ("The shop is back. CAA added, could you check that the renewal will work now?",),
        ("Urgent, a shop: issued by hand. Check the renewal tomorrow.",),
    ),
    Topic(
        "quota",
        (
            "Raise our vCPU quota to {n} in {zone}",
            "QuotaExceeded: floating IPs in {project}",
        ),
        (
            (
                "We have a sale coming up on {date} and would need {n} vCPUs in {zone}, with twice the"
                " memory, for two weeks. The project is “{project}”."
            ),
            "Terraform stops with QuotaExceeded for floating IPs. “{project}” has five; could we have ten?",
        ),
        (
            "Your quota in {zone} is {n} vCPUs now. It goes back in two weeks; we will write the day before.",
            "Done. Please note that an address which is not attached is billed as well.",
        ),
        ("Thank you! Could we keep it a week longer? The sale was extended.",),
        ("No GPUs free in {zone} before {date}, offer the zone next door.",),
    ),
    Topic(
        "access",
        (
            "Cannot log in: code goes to an old phone",
            "Our admin left, need access to {project}",
            "SSO login fails with “invalid audience” since {time}",
        ),
        (
            (
                "I changed my phone and cannot log in any more: the code is sent to the old number. My login"
                " is {user}. What do you need from me?"
            ),
            (
                "The administrator who set up “{project}” has left without handing it over. The contract is"
                " with our company. How do we become the owner?"
            ),
            "Since {time} logging in through our Keycloak ends with “invalid audience”. We changed nothing.",
        ),
        (
            (
                "Please send us a letter signed by a director and a page of the contract. As soon as it is"
                " checked we make {user} the owner; that takes about an hour."
            ),
            (
                "We hand a project over on a letter of the company: on letterhead, signed by a director, with"
                " the number of the contract. A scan is enough, and the check takes about an hour."
            ),
        ),
        (
            "Letter and contract are attached. The signature is electronic, is that enough?",
            "Letter and contract are attached. The signature is electronic, is that enough?",
        ),
        ("Compared with the contract, it all fits. Go ahead.",),
    ),
    Topic(
        "migration",
        (
            "Moving {n} servers from our own rack",
            "OVA import of {vm} stops at {percent} %",
        ),
        (
            (
                "We plan to move {n} machines from VMware to you, 12 TB in all. Is there a way to keep the"
                " downtime within one night? Our window opens on {date}."
            ),
            (
                "The import of {vm}.ova stopped at {percent} % with “unsupported disk controller”. It is a"
                " Windows Server 2019 with an LSI SCSI disk."
            ),
        ),
        (
            (
                "Gladly: an agent copies the disks while they run, and the window is needed only for the"
                " rest. Over 1 Gbit/s the first pass of 12 TB takes some 30 hours. Shall we have a call?"
            ),
            (
                "Please install the virtio drivers in the guest before the export. The image with them is in"
                " our catalogue."
            ),
        ),
        ("A call, yes, tomorrow after {time}. Will the MAC addresses stay? Some licences depend on them.",),
        ("A big move, I would bring in an architect from line 2.",),
    ),
)
