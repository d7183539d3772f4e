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
    heard_us bigint,
    place text DEFAULT ''::text NOT NULL
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
CREATE TABLE recorder_beats (
    recorder bigint NOT NULL,
    at_us bigint NOT NULL
);
CREATE TABLE recorders (
    seq bigint NOT NULL,
    version text NOT NULL,
    pid bigint NOT NULL,
    simulated boolean NOT NULL,
    started_us bigint NOT NULL,
    stopped_us bigint,
    recorder text DEFAULT ''::text NOT NULL,
    host text DEFAULT ''::text NOT NULL,
    lines text DEFAULT '[]'::text NOT NULL
);
CREATE TABLE text_index (
    rowid bigint NOT NULL,
    tokens tsvector NOT NULL
);
INSERT INTO alembic_version VALUES ('0003');
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
INSERT INTO journal VALUES (11, 1771234320000000, 1771234320000000, 'CallArrived', 1, '{"at":"2026-02-16T09:32:00.000000Z","call":"call-1","line":"desk","wire":"RING\r\n"}', '\xd4ef10b51323acaaafb7bdfa9f09d60ca240a001bd2e66ae3c188bc2eb14c4de', '\xb8f516be5d14a7c60d9c26bab24d2060aa60df32c0ea2dd10d1a01136be067dd');
INSERT INTO journal VALUES (12, 1771234325000000, 1771234325000000, 'CallRang', 1, '{"at":"2026-02-16T09:32:05.000000Z","call":"call-1","ring":2}', '\x7b55dda508125d0aa4fd84db838b79eb70b66a87849bbc6a1a3eff7fd1f7d964', '\x932b563de9860b082879e48694830af809152f9756a2430975e9a80ce1cf602a');
INSERT INTO journal VALUES (13, 1771234326000000, 1771234326000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:32:06.000000Z","call":"call-1","called":"1001","kind":"fixed","name":"第1值班室","number":"+861055501201","number_raw":"01055501201"}', '\xe0bc8d3256e76bc4bf2fef35c68333cf2f99d906c69962d680b9ec04c22f8886', '\x186bddb378cd8166be9c7c2c9624b272f225a25d44dc5943bb60614e1e235f3b');
INSERT INTO journal VALUES (14, 1771234331000001, 1771234331000001, 'CallEnded', 1, '{"at":"2026-02-16T09:32:11.000001Z","call":"call-1","evidence":"ringing_stopped","outcome":"missed","ring_s":6.25,"rings":2}', '\xf36bcff42c2daf8a8b6e4e29155c5f683032a4f0c71fbd24888bb413108df07a', '\x747862692778701ba2a489e49cc571c6bb3d3ed03d772bc9043740b34852fd6f');
INSERT INTO journal VALUES (15, 1771234380000000, 1771234380000000, 'CallArrived', 1, '{"at":"2026-02-16T09:33:00.000000Z","call":"call-2","line":"desk","wire":"RING\r\n"}', '\xb85099c941a6f2bce613248e184da6f28ad23fa6ed1593fae6c3c07669fa2df2', '\xae5fcbb8a510db3ee4e8c03e32157959e49130a436380d0edce9f1dca1c58e38');
INSERT INTO journal VALUES (16, 1771234385000000, 1771234385000000, 'CallRang', 1, '{"at":"2026-02-16T09:33:05.000000Z","call":"call-2","ring":2}', '\x3c559883c173cc5985c266d014852c07739a69703148b8ad72844b04d37fe6a2', '\x410363a840bf462a562ead0dc26d823c4d8d02d19dd4b99596cdffecd14de669');
INSERT INTO journal VALUES (17, 1771234386000000, 1771234386000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:33:06.000000Z","call":"call-2","called":"1001","kind":"fixed","name":"第2值班室","number":"+861055501202","number_raw":"01055501202"}', '\xebdcb9ef3101b5aedf2de1f6848a10f2422158bf4f591b33107c45d00cbb4950', '\x5dc1d6d5ba18231c6f6ee52ec69774e69e34b3c19f22acb50f3d0329713ad982');
INSERT INTO journal VALUES (18, 1771234391000002, 1771234391000002, 'CallEnded', 1, '{"at":"2026-02-16T09:33:11.000002Z","call":"call-2","code":486,"evidence":"ringing_stopped","outcome":"busy","ring_s":6.25,"rings":2}', '\xa7868c37eadf229cf0b37ad5366cb6908c4e3981825bf68f9851ede06923669b', '\x5681dbd5da07b3ad8dd6a6a626df34c18fd2c34174d808c649f42e169f0ec3ce');
INSERT INTO journal VALUES (19, 1771234440000000, 1771234440000000, 'CallArrived', 1, '{"at":"2026-02-16T09:34:00.000000Z","call":"call-3","line":"desk","wire":"RING\r\n"}', '\xafaa45e759e4bc9d0c00a9ca5e12ead5984317f40ce2217f6473c9f05f78fae5', '\x93e0d635992e777add74b5dd4b244f06a32cdd12a3dd31aa3559095d45ac17a8');
INSERT INTO journal VALUES (20, 1771234445000000, 1771234445000000, 'CallRang', 1, '{"at":"2026-02-16T09:34:05.000000Z","call":"call-3","ring":2}', '\xe7b0de2c41d250354dd314aa7998e26448f3400e22b6cb046193cc7e1b28214e', '\x9e099102a038cedb764f14d5e140b26ac9f9edc292e4be6c56bd7a0920d5e3be');
INSERT INTO journal VALUES (21, 1771234446000000, 1771234446000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:34:06.000000Z","call":"call-3","called":"1001","kind":"fixed","name":"第3值班室","number":"+861055501200","number_raw":"01055501200"}', '\x78dd8e89f3247ce0fab799ca24abdf1bbb74ec4f27a0ebd7e660640cb08147f1', '\x17e67b18793d42e3c31dfa8fca9245343712a6a309f86430596e01acb1e58732');
INSERT INTO journal VALUES (22, 1771234451000003, 1771234451000003, 'CallEnded', 1, '{"at":"2026-02-16T09:34:11.000003Z","call":"call-3","code":603,"evidence":"ringing_stopped","outcome":"rejected","ring_s":6.25,"rings":2}', '\x3a70e34742d6bcd32ef038a245b2e77dc920321f3be3512a1322ed4d44b604f1', '\x60c105154e0233b1230c18043eab951fd4af381666e8e234d8b804a3a9c15ca3');
INSERT INTO journal VALUES (23, 1771234500000000, 1771234500000000, 'CallArrived', 1, '{"at":"2026-02-16T09:35:00.000000Z","call":"call-4","line":"desk","wire":"RING\r\n"}', '\x150801aa2fa67cf0751d47519c93bf0bcf06b65510ac59a73ae145436e90960d', '\x815cf303d84a7c438f8f120059f332678f534ae993d8c192599cfb851d8eff23');
INSERT INTO journal VALUES (24, 1771234505000000, 1771234505000000, 'CallRang', 1, '{"at":"2026-02-16T09:35:05.000000Z","call":"call-4","ring":2}', '\xef52b18fde2d8408291a80c727f11595ef72be3c8c0021124b88c3fe2700129a', '\xb832967d860b67791350d231e7c966b3699801f08fdfc0929a9988eff92ab238');
INSERT INTO journal VALUES (25, 1771234506000000, 1771234506000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:35:06.000000Z","call":"call-4","called":"1001","kind":"fixed","name":"第4值班室","number":"+861055501201","number_raw":"01055501201","redirected_from":"01055501299"}', '\x746636556b8e2e1cef83144ff83ea29cd3e2680368ea34c323d3108a442b2014', '\xed0cec2b422930b70568b53cc43f62b8db3c931cc89f3f6d42ba875d4cbfd37d');
INSERT INTO journal VALUES (26, 1771234511000004, 1771234511000004, 'CallEnded', 1, '{"at":"2026-02-16T09:35:11.000004Z","call":"call-4","evidence":"ringing_stopped","outcome":"forwarded","ring_s":6.25,"rings":2}', '\xb4b29449b060c6c2e916f379acf71454826c2300294d561c0ebc51748c1d94fa', '\xc34b72e302dc12f88cd4af708af72c99c00161a048a292a1ade01683baab680f');
INSERT INTO journal VALUES (27, 1771234560000000, 1771234560000000, 'CallArrived', 1, '{"at":"2026-02-16T09:36:00.000000Z","call":"call-5","line":"desk","wire":"RING\r\n"}', '\x81b0b769d007508c9f535a7970c2e15fc0e9e699e29639594bc24e1da97d8b38', '\xbea01e48ade6bc3923933b906d23db1f2f875c2513b6893184c74cd5948cdffa');
INSERT INTO journal VALUES (28, 1771234565000000, 1771234565000000, 'CallRang', 1, '{"at":"2026-02-16T09:36:05.000000Z","call":"call-5","ring":2}', '\x0cccb7fedc746fba35e82504614e5c5ec9e15da735d31a7230c66b493a05d623', '\x02211b3c3af517057427c55e81f32d13e801802320a5a56ee499100265814b37');
INSERT INTO journal VALUES (29, 1771234566000000, 1771234566000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:36:06.000000Z","call":"call-5","called":"1001","kind":"fixed","name":"第5值班室","number":"+861055501202","number_raw":"01055501202"}', '\x361e2bb10d559f62a9852d54069a26f1d74c217331b1149342525e24a3a23b14', '\x13f27934fa7caf7067d876799ffe408e82dfb8307f6f27b879aa21e43785773a');
INSERT INTO journal VALUES (30, 1771234571000005, 1771234571000005, 'CallEnded', 1, '{"at":"2026-02-16T09:36:11.000005Z","call":"call-5","code":404,"evidence":"ringing_stopped","outcome":"failed","ring_s":6.25,"rings":2}', '\x0c1375bf40251c5b5512278b8263b7f7ba3f43caf867cfd4fe465f7331484b4c', '\x0919fb285770d67060ff420218123965ecb3854e54d7afc19cf6895648689a50');
INSERT INTO journal VALUES (31, 1771234620000000, 1771234620000000, 'CallArrived', 1, '{"at":"2026-02-16T09:37:00.000000Z","call":"call-6","line":"desk","wire":"RING\r\n"}', '\x0c2b9bcdf6f0f853765bb26d7cba54fcb0b924bf70b71877283d75bbec419a16', '\x65667571a43ee7b5cfd9b2c41bcae192c0f5fe26ed70c1f4340f12f97527cb50');
INSERT INTO journal VALUES (32, 1771234625000000, 1771234625000000, 'CallRang', 1, '{"at":"2026-02-16T09:37:05.000000Z","call":"call-6","ring":2}', '\x14a28ac68cf8c518ac95e43af9d958ae55fa72cc2f6c815698e73f8e41840eb0', '\x2b4a005018254766375e966055506ca93d0f0316e31031f4c089a576674f70e2');
INSERT INTO journal VALUES (33, 1771234626000000, 1771234626000000, 'CallIdentified', 1, '{"at":"2026-02-16T09:37:06.000000Z","call":"call-6","called":"1001","kind":"fixed","name":"第6值班室","number":"+861055501200","number_raw":"01055501200"}', '\xeec081003e9b91e7278aff4bf40ae13b436d2a7b8cb4f6b4076808dc9f1d5a42', '\x66492c52fdcccabb942e331ab687d70fc43224cb3fcd2c9d168d1769b6786d59');
INSERT INTO journal VALUES (5, 1771234200000000, 1771234200000000, 'NoiseHeard', 1, NULL, '\xd89d8ff152aa84c554d3f2f52064c6824968a0327922763b9d3721a289c2f4b7', '\xef80d72dd701f08029896209e5f5acb709bd98d8f3d2530e14e1bdf1fb3a12c2');
INSERT INTO journal VALUES (6, 1771234260000000, 1771234260000000, 'CallArrived', 1, NULL, '\xcd3ad3e92b97c560f93c70844e2adbf0aa0817a67a32959f5521b6194746dc27', '\x71f705bed09f3eb92b242397c33b340d9cdae368ac8782874b5211f6827f3334');
INSERT INTO journal VALUES (34, 1771234631000006, 1771234631000006, 'CallEnded', 1, '{"at":"2026-02-16T09:37:11.000006Z","call":"call-6","evidence":"ringing_stopped","outcome":"unknown","ring_s":6.25,"rings":2}', '\x190b2f7ccd17f2f1058b4efe60d84bc2286c02eb97e0e2cad62ea2b40399978e', '\x6f3f31ede6b33b34c3762e8bcb55d4e07a0e8285aa49adcaf7a607247bc944e2');
INSERT INTO journal VALUES (35, 1771237800000000, 1771237800000000, 'CallNoted', 1, '{"at":"2026-02-16T10:30:00.000000Z","by":"张三","call":"call-1","text":"已回拨，无人接听"}', '\x4f4eb514b08fbe4b1bb7d5082ffcbcfdd97b0ca04b29e0d42017dffe8b3bc73a', '\x89fbe845f595072dd3cad0772c4817b4752267541d02ae5d303146490724412d');
INSERT INTO journal VALUES (36, 1771237800000000, 1771237800000000, 'CallSettled', 1, '{"at":"2026-02-16T10:30:00.000000Z","by":"张三","call":"call-1","settlement":"called_back"}', '\x01956509dcf3af5e85d62db9b0dc00e22a3a1faf78230b7048e18b9915738c9a', '\xc72b34cc68dc7b23bdcc6da0128769ac05751fed5054dbc2d77e039dfb7a34af');
INSERT INTO journal VALUES (37, 1771237800000000, 1771237800000000, 'FaxCalling', 1, '{"at":"2026-02-16T10:30:00.000000Z","call":"call-2"}', '\xe58477840d1b4d819a21889ee2a7e46903a2f8ebe98ad7d924e609397cea1fbd', '\x5ab9003cf0e4f561950926b967d27724e9183386e864f62ace2d5ccd9cfe09da');
INSERT INTO journal VALUES (38, 1771237800000000, 1771237800000000, 'CallArrived', 1, '{"at":"2026-02-16T10:30:00.000000Z","call":"out","direction":"outgoing","line":"desk"}', '\x6ffd301a5904a533ca24658c49ca8908882914a0023aee07fd418c19b3c686bd', '\x9c840dd6b393673fa3e786bedd0f51114b22869f476dae1866f4f7006749a486');
INSERT INTO journal VALUES (39, 1771237800000000, 1771237800000000, 'DigitsDialled', 1, '{"at":"2026-02-16T10:30:00.000000Z","call":"out","digits":"02155501234"}', '\x1aee9c32f7e227d48820bef6a6dd2ec3427c59fe1eb88423b55dd389ffac24be', '\x11865bc030ace73d92e4481a00565743ee722db0bdec5a49d2d7cfbf9a396758');
INSERT INTO journal VALUES (40, 1771237800000000, 1771237800000000, 'CallArrived', 1, '{"at":"2026-02-16T10:30:00.000000Z","call":"open","line":"desk"}', '\x2cb9edad72db9d6e17527a5391979dad1e4580adbda5037ae720d85938a876f7', '\x91f7c490d96a926b37cf1196ad192c72ad316cf46c3fe0ae1256a9441ed69a6a');
INSERT INTO journal VALUES (41, 1771237800000000, 1771237800000000, 'CallIdentified', 1, '{"absence":"private","at":"2026-02-16T10:30:00.000000Z","call":"open","intact":false,"name_absence":"private"}', '\x78062a57ec1e4ed3da84ff6db9f524681c548333dc4585ae6dce8ad6f4fb7f26', '\x4a9b83979572c5c4f3147b685a1c12f7648f945da66daebd456bd3a71cea02ca');
INSERT INTO journal VALUES (42, 1771241400000000, 1771241400000000, 'RecorderStopped', 1, '{"at":"2026-02-16T11:30:00.000000Z","reason":"found_dead"}', '\xf437d6ee419b7844e433d0fff84df36f252dd8e36c8294c7a89a759991074ad3', '\x4f3617266e889dc10715dca1201efa30ddbe52d6726b9959dea4bcf909fddf26');
INSERT INTO journal VALUES (43, 1771245000000000, 1771245000000000, 'RecorderStarted', 1, '{"at":"2026-02-16T12:30:00.000000Z","pid":4243,"version":"0.1.0"}', '\x46524245a1d33a72cf44917deec3af851199c53c57a1df84e31dedbdf7ad4d3e', '\x31b875325ca718662c7b2f995dc2ce17eadefc137038bd4b6bdb5725edd2a6e2');
INSERT INTO journal VALUES (44, 1771248600000000, 1771248600000000, 'NoiseCounted', 1, '{"at":"2026-02-16T13:30:00.000000Z","line":"desk","pieces":3}', '\x9bd93d76ad3c659e943c14593dfae2c1214d5a357546a8fbe93f37d842ee116e', '\xf04dca4f829e767905ff8a5ac5f60c37ccf653a5fd4d599674b83d8c0ce58953');
INSERT INTO journal VALUES (45, 1771248600000000, 1771248600000000, 'BodiesPurged', 1, '{"at":"2026-02-16T13:30:00.000000Z","book":"calls","older_than":"2026-02-16T09:32:00.000000Z","rows":"5"}', '\x17dcf4940fe6949c1b1e9b93080c023c0d569f1eaee4d6fbbd0f07289f63687f', '\x65e32a3cbcdbb2575477c6fda125f1084603b2b728dad0b3842adc7fb32793d4');
INSERT INTO journal VALUES (7, 1771234265000000, 1771234265000000, 'CallRang', 1, NULL, '\x87ed633de3642ba6d597fc83f4b3f881309dabeb22594dcc8fb208e2efbc5587', '\x896fd2f74e78723272ddddf3c436555898d056e5391cd91584ad2a0eb7c785eb');
INSERT INTO journal VALUES (8, 1771234266000000, 1771234266000000, 'CallIdentified', 1, NULL, '\x0d8d45a337f48cd8bbb95cb7ad416405f862682c73c20e0d931c07d546c927de', '\x62c36f065c92c7af232b97b761018aa7322e7a667b164a76ef1f66c4395a6e0d');
INSERT INTO journal VALUES (9, 1771234267000000, 1771234267000000, 'CallAnswered', 1, NULL, '\x9952bffcf66b9c052c5b6a0b0f964d7b0e7140551bbc32095c547b205b4b3b43', '\x657366703ad556d15044f9ea105423593fd5a6fc86ff2bda72bf6ba6d24c89db');
INSERT INTO journal VALUES (10, 1771234271000000, 1771234271000000, 'CallEnded', 1, NULL, '\xe16894e1d1370b636598c762f6e1eb591eba8746938e576dddd7a529415fcbdf', '\x24f2a4449f3b14b1b3f1590fdfd6cb89b587e0888f7e4b33f2970662248c106c');
INSERT INTO journal VALUES (46, 1771248600000000, 1771248600000000, 'CallPurged', 1, '{"answered_at":"2026-02-16T09:31:07.000000Z","arrived_at":"2026-02-16T09:31:00.000000Z","arrived_seq":6,"at":"2026-02-16T13:30:00.000000Z","call":"call-0","direction":"incoming","ended_at":"2026-02-16T09:31:11.000000Z","evidence":"ringing_stopped","last_ring_at":"2026-02-16T09:31:05.000000Z","line":"desk","outcome":"answered","ring_s":6.25,"rings":2,"row":1,"rows":"6-10","talk_s":4.5}', '\x7637db722f236ccb7c388a4de71a42d208c4f39fdb7d2a15916a71068ede1021', '\xb92297e150067d126565da55cf4ca6aeaaf64d058e365c4ee18ace424c36d1e4');
INSERT INTO journal VALUES (47, 1771248600000000, 1771248600000000, 'BodiesPurged', 1, '{"at":"2026-02-16T13:30:00.000000Z","book":"calls","older_than":"2026-02-16T09:32:00.000000Z","rows":"6-10"}', '\x1427fcd7c64df13b1e6bfd3b35c0b444013fc7cdb6b79b78b901ca6bdfd22414', '\x1667fa53f5366761d3a14d20e5daad37f2163f3da868fcb21066a736b1f300ae');
INSERT INTO line_states VALUES ('fax', false, 1771234200000000, '', '', NULL, 'cable_unplugged', 'made up', '', 0);
INSERT INTO line_states VALUES ('desk', false, 1771241400000000, 'serial_modem', '/dev/ttyACM0', 'CX93010', NULL, '', 'no_caller_id', 3);
INSERT INTO line_status VALUES ('desk', 0, '值班座机', 'serial_modem', '/dev/ttyACM0', 1771241400000000, '');
INSERT INTO number_index VALUES (1, '''0105'' ''0120'' ''0555'' ''1055'' ''1200'' ''200'' ''5012'' ''5501'' ''5550'' ''6105'' ''8610''');
INSERT INTO number_index VALUES (2, '''0105'' ''0120'' ''0555'' ''1055'' ''1201'' ''201'' ''5012'' ''5501'' ''5550'' ''6105'' ''8610''');
INSERT INTO number_index VALUES (3, '''0105'' ''0120'' ''0555'' ''1055'' ''1202'' ''202'' ''5012'' ''5501'' ''5550'' ''6105'' ''8610''');
INSERT INTO numbers VALUES (2, '+861055501201', '01055501201', 2);
INSERT INTO numbers VALUES (3, '+861055501202', '01055501202', 2);
INSERT INTO numbers VALUES (1, '+861055501200', '01055501200', 2);
INSERT INTO purge_marks VALUES ('calls', 10, NULL);
INSERT INTO recorder_beats VALUES (43, 1771245000000000);
INSERT INTO recorders VALUES (1, '0.1.0', 4242, false, 1771234200000000, 1771241400000000, '', '', '[]');
INSERT INTO recorders VALUES (43, '0.1.0', 4243, false, 1771245000000000, NULL, '', '', '[]');
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
ALTER TABLE ONLY recorder_beats
    ADD CONSTRAINT recorder_beats_pkey PRIMARY KEY (recorder);
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
CREATE INDEX recorders_recorder ON recorders USING btree (recorder);
CREATE INDEX text_index_tokens ON text_index USING gin (tokens);
