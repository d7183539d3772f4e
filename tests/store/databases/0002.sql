CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE blind_intervals (
    id bigint NOT NULL,
    line text NOT NULL,
    from_us bigint NOT NULL,
    until_us bigint,
    reason text,
    detail text NOT NULL
);
CREATE TABLE call_facts (
    call_id bigint NOT NULL,
    seq bigint NOT NULL
);
CREATE TABLE call_notes (
    call_id bigint NOT NULL,
    note integer NOT NULL,
    at_us bigint NOT NULL,
    text text NOT NULL,
    by text NOT NULL
);
CREATE TABLE calls (
    id bigint NOT NULL,
    call text NOT NULL,
    line text NOT NULL,
    direction text NOT NULL,
    state text NOT NULL,
    arrived_us bigint NOT NULL,
    last_ring_us bigint,
    answered_us bigint,
    ended_us bigint,
    rings integer NOT NULL,
    ring_s double precision NOT NULL,
    talk_s double precision,
    identified boolean NOT NULL,
    number_raw text,
    number text,
    kind text,
    extension text,
    absence text,
    name text,
    name_absence text,
    doubtful boolean NOT NULL,
    outcome text,
    evidence text,
    settlement text,
    settled_by text NOT NULL,
    settled_us bigint,
    fax boolean NOT NULL,
    digits text NOT NULL,
    notes integer NOT NULL,
    last_note text NOT NULL,
    number_id bigint,
    result text,
    owed text,
    purged boolean DEFAULT false NOT NULL
);
CREATE TABLE journal (
    seq bigint NOT NULL,
    recorded_us bigint NOT NULL,
    occurred_us bigint NOT NULL,
    kind text NOT NULL,
    version smallint NOT NULL,
    body text,
    body_digest bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE line_states (
    line text NOT NULL,
    up boolean NOT NULL,
    since_us bigint NOT NULL,
    driver text NOT NULL,
    port text NOT NULL,
    device text,
    reason text,
    detail text NOT NULL,
    troubles text NOT NULL,
    noise integer NOT NULL
);
CREATE TABLE line_status (
    line text NOT NULL,
    "position" integer,
    title text NOT NULL,
    driver text NOT NULL,
    port text NOT NULL,
    heard_us bigint
);
CREATE TABLE number_index (
    rowid bigint NOT NULL,
    tokens tsvector NOT NULL
);
CREATE TABLE numbers (
    id bigint NOT NULL,
    number text NOT NULL,
    number_raw text NOT NULL,
    calls bigint NOT NULL
);
CREATE TABLE purge_marks (
    book text NOT NULL,
    seq bigint NOT NULL,
    asked_us bigint
);
CREATE TABLE recorder_beat (
    id integer NOT NULL,
    recorder bigint NOT NULL,
    at_us bigint NOT NULL
);
CREATE TABLE recorders (
    seq bigint NOT NULL,
    version text NOT NULL,
    pid bigint NOT NULL,
    simulated boolean NOT NULL,
    started_us bigint NOT NULL,
    stopped_us bigint
);
CREATE TABLE text_index (
    rowid bigint NOT NULL,
    tokens tsvector NOT NULL
);
INSERT INTO alembic_version VALUES ('0002');
INSERT INTO blind_intervals VALUES (1, 'fax', 1771234200000000, NULL, 'cable_unplugged', 'made up');
INSERT INTO blind_intervals VALUES (2, 'desk', 1771241400000000, NULL, NULL, '');
INSERT INTO call_facts VALUES (1, 6);
INSERT INTO call_facts VALUES (1, 7);
INSERT INTO call_facts VALUES (1, 8);
INSERT INTO call_facts VALUES (1, 9);
INSERT INTO call_facts VALUES (1, 10);
INSERT INTO call_facts VALUES (2, 11);
INSERT INTO call_facts VALUES (2, 12);
INSERT INTO call_facts VALUES (2, 13);
INSERT INTO call_facts VALUES (2, 14);
INSERT INTO call_facts VALUES (3, 15);
INSERT INTO call_facts VALUES (3, 16);
INSERT INTO call_facts VALUES (3, 17);
INSERT INTO call_facts VALUES (3, 18);
INSERT INTO call_facts VALUES (4, 19);
INSERT INTO call_facts VALUES (4, 20);
INSERT INTO call_facts VALUES (4, 21);
INSERT INTO call_facts VALUES (4, 22);
INSERT INTO call_facts VALUES (5, 23);
INSERT INTO call_facts VALUES (5, 24);
INSERT INTO call_facts VALUES (5, 25);
INSERT INTO call_facts VALUES (5, 26);
INSERT INTO call_facts VALUES (6, 27);
INSERT INTO call_facts VALUES (6, 28);
INSERT INTO call_facts VALUES (6, 29);
INSERT INTO call_facts VALUES (6, 30);
INSERT INTO call_facts VALUES (7, 31);
INSERT INTO call_facts VALUES (7, 32);
INSERT INTO call_facts VALUES (7, 33);
INSERT INTO call_facts VALUES (7, 34);
INSERT INTO call_facts VALUES (2, 35);
INSERT INTO call_facts VALUES (2, 36);
INSERT INTO call_facts VALUES (3, 37);
INSERT INTO call_facts VALUES (8, 38);
INSERT INTO call_facts VALUES (8, 39);
INSERT INTO call_facts VALUES (9, 40);
INSERT INTO call_facts VALUES (9, 41);
INSERT INTO call_facts VALUES (1, 46);
INSERT INTO call_notes VALUES (2, 1, 1771237800000000, '已回拨，无人接听', '张三');
INSERT INTO calls VALUES (4, 'call-3', 'desk', 'incoming', 'ended', 1771234440000000, 1771234445000000, NULL, 1771234451000003, 2, 6.25, NULL, true, '01055501200', '+861055501200', 'fixed', NULL, NULL, '第3值班室', NULL, false, 'rejected', 'ringing_stopped', NULL, '', NULL, false, '', 0, '', 1, 'rejected', NULL, false);
INSERT INTO calls VALUES (5, 'call-4', 'desk', 'incoming', 'ended', 1771234500000000, 1771234505000000, NULL, 1771234511000004, 2, 6.25, NULL, true, '01055501201', '+861055501201', 'fixed', NULL, NULL, '第4值班室', NULL, false, 'forwarded', 'ringing_stopped', NULL, '', NULL, false, '', 0, '', 2, 'forwarded', NULL, false);
INSERT INTO calls VALUES (6, 'call-5', 'desk', 'incoming', 'ended', 1771234560000000, 1771234565000000, NULL, 1771234571000005, 2, 6.25, NULL, true, '01055501202', '+861055501202', 'fixed', NULL, NULL, '第5值班室', NULL, false, 'failed', 'ringing_stopped', NULL, '', NULL, false, '', 0, '', 3, 'failed', NULL, false);
INSERT INTO calls VALUES (7, 'call-6', 'desk', 'incoming', 'ended', 1771234620000000, 1771234625000000, NULL, 1771234631000006, 2, 6.25, NULL, true, '01055501200', '+861055501200', 'fixed', NULL, NULL, '第6值班室', NULL, false, 'unknown', 'ringing_stopped', NULL, '', NULL, false, '', 0, '', 1, 'unknown', 'settle', false);
INSERT INTO calls VALUES (2, 'call-1', 'desk', 'incoming', 'ended', 1771234320000000, 1771234325000000, NULL, 1771234331000001, 2, 6.25, NULL, true, '01055501201', '+861055501201', 'fixed', NULL, NULL, '第1值班室', NULL, false, 'missed', 'ringing_stopped', 'called_back', '张三', 1771237800000000, false, '', 1, '已回拨，无人接听', 2, 'missed', NULL, false);
INSERT INTO calls VALUES (3, 'call-2', 'desk', 'incoming', 'ended', 1771234380000000, 1771234385000000, NULL, 1771234391000002, 2, 6.25, NULL, true, '01055501202', '+861055501202', 'fixed', NULL, NULL, '第2值班室', NULL, false, 'busy', 'ringing_stopped', NULL, '', NULL, true, '', 0, '', 3, 'busy', NULL, false);
INSERT INTO calls VALUES (8, 'out', 'desk', 'outgoing', 'in_call', 1771237800000000, NULL, NULL, NULL, 0, 0, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, '', NULL, false, '02155501234', 0, '', NULL, NULL, NULL, false);
INSERT INTO calls VALUES (9, 'open', 'desk', 'incoming', 'ringing', 1771237800000000, NULL, NULL, NULL, 0, 0, NULL, true, NULL, NULL, NULL, NULL, 'private', NULL, 'private', true, NULL, NULL, NULL, '', NULL, false, '', 0, '', NULL, NULL, NULL, false);
INSERT INTO calls VALUES (1, 'call-0', 'desk', 'incoming', 'ended', 1771234260000000, 1771234265000000, 1771234267000000, 1771234271000000, 2, 6.25, 4.5, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, 'answered', 'ringing_stopped', NULL, '', NULL, false, '', 0, '', NULL, 'answered', NULL, true);
INSERT INTO journal VALUES (1, 1771234200000000, 1771234200000000, 'RecorderStarted', 1, '{"at":"2026-02-16T09:30:00.000000Z","pid":4242,"version":"0.1.0"}', '\x3fb33e8278359df83bc9122c27cf9f8054c4f176cf1ba8dfeb4d1d5de7179689', '\x2a64f94085d95e798c8d48921ecc1090b7b5e867b7d4a9e88d1486b97ddc5b2d');
INSERT INTO journal VALUES (2, 1771234200000000, 1771234200000000, 'LineCameBack', 1, '{"at":"2026-02-16T09:30:00.000000Z","device":"CX93010","driver":"serial_modem","line":"desk","port":"/dev/ttyACM0"}', '\x72913a93f815a5caaee95086cc2ecd118afecfb7d3ceb869dacbb398036a4171', '\xbf6d992c52d7ef7091f4489070f4ddf1fe53d7d76a6b5fbd393f6dbb2f0d3fc6');
INSERT INTO journal VALUES (3, 1771234200000000, 1771234200000000, 'LineWentDown', 1, '{"at":"2026-02-16T09:30:00.000000Z","detail":"made up","line":"fax","reason":"cable_unplugged"}', '\x31a2202c52f24ad5c6c4c3f27988f817a100c8b46f808e5580ef6a71c046038f', '\x8d721c219e13bb1ba668a30a3e6ca1fd7f043d0d88b1f3f44fd40caf9aa721c0');
INSERT INTO journal VALUES (4, 1771234200000000, 1771234200000000, 'LineTroubled', 1, '{"at":"2026-02-16T09:30:00.000000Z","line":"desk","trouble":"no_caller_id"}', '\x52d79a3a79591f725ab5bf45bd8fe51eebfcbb59f22ef3d8fe05e1aaf938e33b', '\xf3ceeae47f60ea19d1d2061a1a3efe47d6834b0d1a29cfb18f47e612d4016dc6');
INSERT INTO journal VALUES (11, 1771234320000000, 1771234320000000, 'CallArrived', 1, '{"at":"2026-02-16T09:32:00.000000Z","call":"call-1","line":"desk","wire":"RING\r\n"}', '\xd4ef10b51323acaaafb7bdfa9f09d60ca240a001bd2e66ae3c188bc2eb14c4de', '\xdf85433157af30841caf3904ed67bc4767cb2c7a5011d57c88c47a5a16186da6');
INSERT INTO journal VALUES (12, 1771234325000000, 1771234325000000, 'CallRang', 1, '{"at":"2026-02-16T09:32:05.000000Z","call":"call-1","ring":2}', '\x7b55dda508125d0aa4fd84db838b79eb70b66a87849bbc6a1a3eff7fd1f7d964', '\x5c6e43673d12ab60dea86093718a324f04d640be890c3d61cfedb3bae59e4471');
INSERT INTO journal VALUES (13, 1771234326000000, 1771234326000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:32:06.000000Z","call":"call-1","kind":"fixed","name":"第1值班室","number":"+861055501201","number_raw":"01055501201"}', '\xbf0fd578e2e76300797e4d7f986a3bd3bd064c0148b436ef4cfdfa4141ebebbf', '\x5ccc2d22ad72ecd280ba3bdd4f4905b9f6a3a0f68c73fca9d6ed16f662488281');
INSERT INTO journal VALUES (14, 1771234331000001, 1771234331000001, 'CallEnded', 1, '{"at":"2026-02-16T09:32:11.000001Z","call":"call-1","evidence":"ringing_stopped","outcome":"missed","ring_s":6.25,"rings":2}', '\xf36bcff42c2daf8a8b6e4e29155c5f683032a4f0c71fbd24888bb413108df07a', '\x2bae8337a981a82356f3ef51dea52dfb091bc244f90ffaabac6d7f34e16bf229');
INSERT INTO journal VALUES (15, 1771234380000000, 1771234380000000, 'CallArrived', 1, '{"at":"2026-02-16T09:33:00.000000Z","call":"call-2","line":"desk","wire":"RING\r\n"}', '\xb85099c941a6f2bce613248e184da6f28ad23fa6ed1593fae6c3c07669fa2df2', '\x20bad2b24a80fa8325fb0606bec105e43be44262824abb223a8d13de6149c975');
INSERT INTO journal VALUES (16, 1771234385000000, 1771234385000000, 'CallRang', 1, '{"at":"2026-02-16T09:33:05.000000Z","call":"call-2","ring":2}', '\x3c559883c173cc5985c266d014852c07739a69703148b8ad72844b04d37fe6a2', '\x58c8957e33c2aa93f0144814e2d422d9417ec4732b4aa3f100e23ea2371d11bf');
INSERT INTO journal VALUES (17, 1771234386000000, 1771234386000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:33:06.000000Z","call":"call-2","kind":"fixed","name":"第2值班室","number":"+861055501202","number_raw":"01055501202"}', '\x3820ae81a40571b0d7a790d6d8ccb50bf7042f7547a35b9c4fdaf1326cc6ab13', '\xb65d7988f542b9cb71ae06e3fd331b8c836a659019314a04b19f7972da0fda94');
INSERT INTO journal VALUES (18, 1771234391000002, 1771234391000002, 'CallEnded', 1, '{"at":"2026-02-16T09:33:11.000002Z","call":"call-2","evidence":"ringing_stopped","outcome":"busy","ring_s":6.25,"rings":2}', '\x31c314d9f4b8988c7c715efea4b7eb767c1606b25db4a7549fb0f5d78e0bfd5a', '\x877cc5b87368380ece68d4030afdc141f669c2b0cdd5b6bb74935dc016298347');
INSERT INTO journal VALUES (19, 1771234440000000, 1771234440000000, 'CallArrived', 1, '{"at":"2026-02-16T09:34:00.000000Z","call":"call-3","line":"desk","wire":"RING\r\n"}', '\xafaa45e759e4bc9d0c00a9ca5e12ead5984317f40ce2217f6473c9f05f78fae5', '\x09e3eec843e082b4bbd64103da15494ce81821430419012d1c7566bd5357dd42');
INSERT INTO journal VALUES (20, 1771234445000000, 1771234445000000, 'CallRang', 1, '{"at":"2026-02-16T09:34:05.000000Z","call":"call-3","ring":2}', '\xe7b0de2c41d250354dd314aa7998e26448f3400e22b6cb046193cc7e1b28214e', '\x6755ea8579c794ba7c092949ce55847c7b61ed4d2216a5194c597666d607b471');
INSERT INTO journal VALUES (21, 1771234446000000, 1771234446000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:34:06.000000Z","call":"call-3","kind":"fixed","name":"第3值班室","number":"+861055501200","number_raw":"01055501200"}', '\x293977191cd5179f7c5328dfca6afa204da1af97366f41ea5bedda0b3724bc22', '\xfdbf8403cdff99ee5c5c93a2598ecbbb025aa37f7875fe94c726ce354877d011');
INSERT INTO journal VALUES (22, 1771234451000003, 1771234451000003, 'CallEnded', 1, '{"at":"2026-02-16T09:34:11.000003Z","call":"call-3","evidence":"ringing_stopped","outcome":"rejected","ring_s":6.25,"rings":2}', '\x5f6dd505fbf82ebbed97aa0a5027f1c9e114b5ce4cb4842b749056ed1a0750ed', '\x3357675fbaded8864ac1aa88631c4bf441869afcfd59c244430a540225c7f12e');
INSERT INTO journal VALUES (23, 1771234500000000, 1771234500000000, 'CallArrived', 1, '{"at":"2026-02-16T09:35:00.000000Z","call":"call-4","line":"desk","wire":"RING\r\n"}', '\x150801aa2fa67cf0751d47519c93bf0bcf06b65510ac59a73ae145436e90960d', '\xd4f4147ca7ca1a22dd3b0bc7f19332526bcd7128ea6be2e4a1960d98740ffc80');
INSERT INTO journal VALUES (24, 1771234505000000, 1771234505000000, 'CallRang', 1, '{"at":"2026-02-16T09:35:05.000000Z","call":"call-4","ring":2}', '\xef52b18fde2d8408291a80c727f11595ef72be3c8c0021124b88c3fe2700129a', '\xad040072ad57f248b9208eaa651776042222c427a7f347c7edb090bcf1aee7f5');
INSERT INTO journal VALUES (25, 1771234506000000, 1771234506000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:35:06.000000Z","call":"call-4","kind":"fixed","name":"第4值班室","number":"+861055501201","number_raw":"01055501201"}', '\x954d097f1fcb8a4cf2c580537a66d51c97004619d48c6f4a8b3b5afef2a78f0f', '\x1e572d7031c0925c27c7f60b5ff37a788931178c1851fb44475ecdd1dc8ee4fd');
INSERT INTO journal VALUES (26, 1771234511000004, 1771234511000004, 'CallEnded', 1, '{"at":"2026-02-16T09:35:11.000004Z","call":"call-4","evidence":"ringing_stopped","outcome":"forwarded","ring_s":6.25,"rings":2}', '\xb4b29449b060c6c2e916f379acf71454826c2300294d561c0ebc51748c1d94fa', '\xdb39351b85e67a66aef02bf59d32d98a92dbf9e4eae4acf3f15c118add98659c');
INSERT INTO journal VALUES (27, 1771234560000000, 1771234560000000, 'CallArrived', 1, '{"at":"2026-02-16T09:36:00.000000Z","call":"call-5","line":"desk","wire":"RING\r\n"}', '\x81b0b769d007508c9f535a7970c2e15fc0e9e699e29639594bc24e1da97d8b38', '\x48354d6a98104ff0040f20554c36dfa7ac7e612e831209b378e2ff509c893996');
INSERT INTO journal VALUES (28, 1771234565000000, 1771234565000000, 'CallRang', 1, '{"at":"2026-02-16T09:36:05.000000Z","call":"call-5","ring":2}', '\x0cccb7fedc746fba35e82504614e5c5ec9e15da735d31a7230c66b493a05d623', '\x8682b79058e8a5ef77104fa12ad6fe74518cb1e5802c0a0c538b4e31aa804ab0');
INSERT INTO journal VALUES (29, 1771234566000000, 1771234566000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:36:06.000000Z","call":"call-5","kind":"fixed","name":"第5值班室","number":"+861055501202","number_raw":"01055501202"}', '\x951eb7e58fc73056edc2b4d2ab2466bc6beae8f70a88f3818eafd471be6edd90', '\xd431bc131f95e9ad0a1916357897d7c0c0f1fdd9739340efa066019c3b795af1');
INSERT INTO journal VALUES (30, 1771234571000005, 1771234571000005, 'CallEnded', 1, '{"at":"2026-02-16T09:36:11.000005Z","call":"call-5","evidence":"ringing_stopped","outcome":"failed","ring_s":6.25,"rings":2}', '\x8e00e5e38c8cb62c09eae236dbe9637e5d04fe5069f00c91ecded7db4dd7fd61', '\x96e309b276029a6cc714f37dd09019d31bece51863b9e83101f4364a00857ca0');
INSERT INTO journal VALUES (31, 1771234620000000, 1771234620000000, 'CallArrived', 1, '{"at":"2026-02-16T09:37:00.000000Z","call":"call-6","line":"desk","wire":"RING\r\n"}', '\x0c2b9bcdf6f0f853765bb26d7cba54fcb0b924bf70b71877283d75bbec419a16', '\x226af603bb48921b9244bd268c04c0833e0f8ecfaf145cd4dfb3e3855b46b1d0');
INSERT INTO journal VALUES (32, 1771234625000000, 1771234625000000, 'CallRang', 1, '{"at":"2026-02-16T09:37:05.000000Z","call":"call-6","ring":2}', '\x14a28ac68cf8c518ac95e43af9d958ae55fa72cc2f6c815698e73f8e41840eb0', '\x3b0b68689dc63704da68fadbb6a06e4cf8dd7821d44ea24b1ac35ed278af9568');
INSERT INTO journal VALUES (33, 1771234626000000, 1771234626000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:37:06.000000Z","call":"call-6","kind":"fixed","name":"第6值班室","number":"+861055501200","number_raw":"01055501200"}', '\x1ed285a122cf0c22b8819894d12c426d0d3a7135760dc69a3ba121ff7956c409', '\xf24ebbb524982dca20fe1a973d2f2ed139d8911e740cac7602c5acb2f2bd0493');
INSERT INTO journal VALUES (34, 1771234631000006, 1771234631000006, 'CallEnded', 1, '{"at":"2026-02-16T09:37:11.000006Z","call":"call-6","evidence":"ringing_stopped","outcome":"unknown","ring_s":6.25,"rings":2}', '\x190b2f7ccd17f2f1058b4efe60d84bc2286c02eb97e0e2cad62ea2b40399978e', '\x2d29f19ec6fc393f5f7262083287a336e9184f24a73fb12504cdf3c25e65cc5a');
INSERT INTO journal VALUES (6, 1771234260000000, 1771234260000000, 'CallArrived', 1, NULL, '\xcd3ad3e92b97c560f93c70844e2adbf0aa0817a67a32959f5521b6194746dc27', '\x71f705bed09f3eb92b242397c33b340d9cdae368ac8782874b5211f6827f3334');
INSERT INTO journal VALUES (7, 1771234265000000, 1771234265000000, 'CallRang', 1, NULL, '\x87ed633de3642ba6d597fc83f4b3f881309dabeb22594dcc8fb208e2efbc5587', '\x896fd2f74e78723272ddddf3c436555898d056e5391cd91584ad2a0eb7c785eb');
INSERT INTO journal VALUES (35, 1771237800000000, 1771237800000000, 'CallNoted', 1, '{"at":"2026-02-16T10:30:00.000000Z","by":"张三","call":"call-1","text":"已回拨，无人接听"}', '\x4f4eb514b08fbe4b1bb7d5082ffcbcfdd97b0ca04b29e0d42017dffe8b3bc73a', '\xd2fd2ce9992289e6e1d568e38bd7df334f9ac48f009755d860736fb674c93e86');
INSERT INTO journal VALUES (36, 1771237800000000, 1771237800000000, 'CallSettled', 1, '{"at":"2026-02-16T10:30:00.000000Z","by":"张三","call":"call-1","settlement":"called_back"}', '\x01956509dcf3af5e85d62db9b0dc00e22a3a1faf78230b7048e18b9915738c9a', '\xcc51c4e4226ce13191deb7f9782cfe1b847bd23f5dd4b308deadcb9d7c54b804');
INSERT INTO journal VALUES (37, 1771237800000000, 1771237800000000, 'FaxCalling', 1, '{"at":"2026-02-16T10:30:00.000000Z","call":"call-2"}', '\xe58477840d1b4d819a21889ee2a7e46903a2f8ebe98ad7d924e609397cea1fbd', '\xfaccda23fba11e2e4692ecc2a79162a702cdb9a83e7c4a7e6358e80ecd5a6e2d');
INSERT INTO journal VALUES (38, 1771237800000000, 1771237800000000, 'CallArrived', 1, '{"at":"2026-02-16T10:30:00.000000Z","call":"out","direction":"outgoing","line":"desk"}', '\x6ffd301a5904a533ca24658c49ca8908882914a0023aee07fd418c19b3c686bd', '\xc429e93077a1479f968bc182b2cada0721a2191fe0ae38a5334a9a6cd752d8ae');
INSERT INTO journal VALUES (39, 1771237800000000, 1771237800000000, 'DigitsDialled', 1, '{"at":"2026-02-16T10:30:00.000000Z","call":"out","digits":"02155501234"}', '\x1aee9c32f7e227d48820bef6a6dd2ec3427c59fe1eb88423b55dd389ffac24be', '\x0752e1e5d6732c76ea5552225c00423e6ffe0f25dcec2c152e1447f539d45f57');
INSERT INTO journal VALUES (40, 1771237800000000, 1771237800000000, 'CallArrived', 1, '{"at":"2026-02-16T10:30:00.000000Z","call":"open","line":"desk"}', '\x2cb9edad72db9d6e17527a5391979dad1e4580adbda5037ae720d85938a876f7', '\x4e3dc249d1db08ff19fc1ca6643e7488d657e8086eda893693b8cce07a7ff34c');
INSERT INTO journal VALUES (41, 1771237800000000, 1771237800000000, 'CallIdentified', 1, '{"absence":"private","at":"2026-02-16T10:30:00.000000Z","call":"open","intact":false,"name_absence":"private"}', '\x78062a57ec1e4ed3da84ff6db9f524681c548333dc4585ae6dce8ad6f4fb7f26', '\x89093725ac6ce0359bc0ea45e0e5c285f2577b2f96eafeafc3d59a87877fe167');
INSERT INTO journal VALUES (42, 1771241400000000, 1771241400000000, 'RecorderStopped', 1, '{"at":"2026-02-16T11:30:00.000000Z","reason":"found_dead"}', '\xf437d6ee419b7844e433d0fff84df36f252dd8e36c8294c7a89a759991074ad3', '\xe26f5f0163b634ea3d0827a64968d32778186451a04ff3b25ce2e4bee63cb093');
INSERT INTO journal VALUES (43, 1771245000000000, 1771245000000000, 'RecorderStarted', 1, '{"at":"2026-02-16T12:30:00.000000Z","pid":4243,"version":"0.1.0"}', '\x46524245a1d33a72cf44917deec3af851199c53c57a1df84e31dedbdf7ad4d3e', '\x9c2f5006da18edaeb43deeb7894eebb4e2dbb0f3a17ee73ef6bd0f326143e729');
INSERT INTO journal VALUES (5, 1771234200000000, 1771234200000000, 'NoiseHeard', 1, NULL, '\xd89d8ff152aa84c554d3f2f52064c6824968a0327922763b9d3721a289c2f4b7', '\xef80d72dd701f08029896209e5f5acb709bd98d8f3d2530e14e1bdf1fb3a12c2');
INSERT INTO journal VALUES (44, 1771248600000000, 1771248600000000, 'NoiseCounted', 1, '{"at":"2026-02-16T13:30:00.000000Z","line":"desk","pieces":3}', '\x9bd93d76ad3c659e943c14593dfae2c1214d5a357546a8fbe93f37d842ee116e', '\xc910f6403e41314b7af36263235d8d741c2c0e807611c7d16a3bccd5864670a5');
INSERT INTO journal VALUES (45, 1771248600000000, 1771248600000000, 'BodiesPurged', 1, '{"at":"2026-02-16T13:30:00.000000Z","book":"calls","older_than":"2026-02-16T09:32:00.000000Z","rows":"5"}', '\x17dcf4940fe6949c1b1e9b93080c023c0d569f1eaee4d6fbbd0f07289f63687f', '\x2537c115c6a8bd2b245eaefbac43c7e3d87258aed7f44be817ee7f5beb4573d9');
INSERT INTO journal VALUES (8, 1771234266000000, 1771234266000000, 'CallIdentified', 1, NULL, '\xd4841768966099612c8eadeaa5556fe27903a84859aedef78338c81ac76c1aef', '\x004b2e530cc6e3b23b7f00317784347c8a82ab51979005285f01ed2001bb607e');
INSERT INTO journal VALUES (9, 1771234267000000, 1771234267000000, 'CallAnswered', 1, NULL, '\x9952bffcf66b9c052c5b6a0b0f964d7b0e7140551bbc32095c547b205b4b3b43', '\x458de2d3ceb43c9556eb108fe99f8fcead526cf6865579f2926ac2e3fe521090');
INSERT INTO journal VALUES (10, 1771234271000000, 1771234271000000, 'CallEnded', 1, NULL, '\xe16894e1d1370b636598c762f6e1eb591eba8746938e576dddd7a529415fcbdf', '\xeafc3c9b754633acb22bf27fdf3ccbcb878ec80054dbf68611e7417e0b6414ea');
INSERT INTO journal VALUES (46, 1771248600000000, 1771248600000000, 'CallPurged', 1, '{"answered_at":"2026-02-16T09:31:07.000000Z","arrived_at":"2026-02-16T09:31:00.000000Z","arrived_seq":6,"at":"2026-02-16T13:30:00.000000Z","call":"call-0","direction":"incoming","ended_at":"2026-02-16T09:31:11.000000Z","evidence":"ringing_stopped","last_ring_at":"2026-02-16T09:31:05.000000Z","line":"desk","outcome":"answered","ring_s":6.25,"rings":2,"row":1,"rows":"6-10","talk_s":4.5}', '\x7637db722f236ccb7c388a4de71a42d208c4f39fdb7d2a15916a71068ede1021', '\xfc9f305e1d3860e4272782d02f1cfbb4291acea6a302f6b612d6fdbd76a21f85');
INSERT INTO journal VALUES (47, 1771248600000000, 1771248600000000, 'BodiesPurged', 1, '{"at":"2026-02-16T13:30:00.000000Z","book":"calls","older_than":"2026-02-16T09:32:00.000000Z","rows":"6-10"}', '\x1427fcd7c64df13b1e6bfd3b35c0b444013fc7cdb6b79b78b901ca6bdfd22414', '\x0e8f3d5b451cc06e24130b38937f99eb8f5100014efa6a99056e79bc10b36cfd');
INSERT INTO line_states VALUES ('fax', false, 1771234200000000, '', '', NULL, 'cable_unplugged', 'made up', '', 0);
INSERT INTO line_states VALUES ('desk', false, 1771241400000000, 'serial_modem', '/dev/ttyACM0', 'CX93010', NULL, '', 'no_caller_id', 3);
INSERT INTO line_status VALUES ('desk', 0, '值班座机', 'serial_modem', '/dev/ttyACM0', 1771241400000000);
INSERT INTO number_index VALUES (1, '''0105'' ''0120'' ''0555'' ''1055'' ''1200'' ''200'' ''5012'' ''5501'' ''5550'' ''6105'' ''8610''');
INSERT INTO number_index VALUES (2, '''0105'' ''0120'' ''0555'' ''1055'' ''1201'' ''201'' ''5012'' ''5501'' ''5550'' ''6105'' ''8610''');
INSERT INTO number_index VALUES (3, '''0105'' ''0120'' ''0555'' ''1055'' ''1202'' ''202'' ''5012'' ''5501'' ''5550'' ''6105'' ''8610''');
INSERT INTO numbers VALUES (2, '+861055501201', '01055501201', 2);
INSERT INTO numbers VALUES (3, '+861055501202', '01055501202', 2);
INSERT INTO numbers VALUES (1, '+861055501200', '01055501200', 2);
INSERT INTO purge_marks VALUES ('calls', 10, NULL);
INSERT INTO recorder_beat VALUES (1, 43, 1771245000000000);
INSERT INTO recorders VALUES (1, '0.1.0', 4242, false, 1771234200000000, 1771241400000000);
INSERT INTO recorders VALUES (43, '0.1.0', 4243, false, 1771245000000000, NULL);
INSERT INTO text_index VALUES (2097152, '''000310503c'' ''0503c073ed'' ''05ba4'' ''073ed05ba4'' ''07b2c00031''');
INSERT INTO text_index VALUES (3145728, '''000320503c'' ''0503c073ed'' ''05ba4'' ''073ed05ba4'' ''07b2c00032''');
INSERT INTO text_index VALUES (4194304, '''000330503c'' ''0503c073ed'' ''05ba4'' ''073ed05ba4'' ''07b2c00033''');
INSERT INTO text_index VALUES (5242880, '''000340503c'' ''0503c073ed'' ''05ba4'' ''073ed05ba4'' ''07b2c00034''');
INSERT INTO text_index VALUES (6291456, '''000350503c'' ''0503c073ed'' ''05ba4'' ''073ed05ba4'' ''07b2c00035''');
INSERT INTO text_index VALUES (7340032, '''000360503c'' ''0503c073ed'' ''05ba4'' ''073ed05ba4'' ''07b2c00036''');
INSERT INTO text_index VALUES (2097153, '''04eba063a5'' ''0542c'' ''056de062e8'' ''05df2056de'' ''062e80ff0c'' ''063a50542c'' ''065e004eba'' ''0ff0c065e0''');
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY blind_intervals
    ADD CONSTRAINT blind_intervals_pkey PRIMARY KEY (id);
ALTER TABLE ONLY call_facts
    ADD CONSTRAINT call_facts_pkey PRIMARY KEY (call_id, seq);
ALTER TABLE ONLY call_notes
    ADD CONSTRAINT call_notes_pkey PRIMARY KEY (call_id, note);
ALTER TABLE ONLY calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (id);
ALTER TABLE ONLY journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY line_states
    ADD CONSTRAINT line_states_pkey PRIMARY KEY (line);
ALTER TABLE ONLY line_status
    ADD CONSTRAINT line_status_pkey PRIMARY KEY (line);
ALTER TABLE ONLY number_index
    ADD CONSTRAINT number_index_pkey PRIMARY KEY (rowid);
ALTER TABLE ONLY numbers
    ADD CONSTRAINT numbers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY purge_marks
    ADD CONSTRAINT purge_marks_pkey PRIMARY KEY (book);
ALTER TABLE ONLY recorder_beat
    ADD CONSTRAINT recorder_beat_pkey PRIMARY KEY (id);
ALTER TABLE ONLY recorders
    ADD CONSTRAINT recorders_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY text_index
    ADD CONSTRAINT text_index_pkey PRIMARY KEY (rowid);
CREATE INDEX blind_intervals_from ON blind_intervals USING btree (from_us);
CREATE UNIQUE INDEX blind_intervals_open ON blind_intervals USING btree (line) WHERE (until_us IS NULL);
CREATE INDEX calls_arrived ON calls USING btree (arrived_us);
CREATE UNIQUE INDEX calls_call ON calls USING btree (call);
CREATE INDEX calls_line ON calls USING btree (line, arrived_us);
CREATE INDEX calls_number ON calls USING btree (number_id) WHERE (number_id IS NOT NULL);
CREATE INDEX calls_open ON calls USING btree (arrived_us) WHERE (ended_us IS NULL);
CREATE INDEX calls_owed ON calls USING btree (arrived_us) WHERE (owed IS NOT NULL);
CREATE INDEX calls_result ON calls USING btree (result, arrived_us) WHERE (result IS NOT NULL);
CREATE INDEX number_index_tokens ON number_index USING gin (tokens);
CREATE UNIQUE INDEX numbers_number ON numbers USING btree (number, number_raw);
CREATE INDEX text_index_tokens ON text_index USING gin (tokens);
