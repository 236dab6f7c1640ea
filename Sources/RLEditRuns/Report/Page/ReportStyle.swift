/// The style sheet of the report: colours follow the reader's light or dark setting, print is always light.
///
/// Data colours are those of Okabe and Ito (2008), told apart with any kind of colour vision; the dark page takes their
/// lighter members.
enum ReportStyle {
    static let sheet = """
        :root{--page:#fff;--card:#f6f7f9;--ink:#16191d;--soft:#5b6470;--faint:#8a929c;--rule:#dfe3e8;--accent:#0072b2;
        --s0:#9aa3ad;--s1:#0072b2;--s2:#d55e00;--s3:#009e73;--s4:#b8578f;--s5:#c48a00;--s6:#3d9bd1;--s7:#5b6470;
        --good:#00734f;--bad:#b34700}
        @media screen and (prefers-color-scheme:dark){:root{--page:#111418;--card:#1a1f25;--ink:#e8ebef;--soft:#a5aeb9;
        --faint:#78828e;--rule:#2d343c;--accent:#6cbcec;--s0:#76808b;--s1:#56b4e9;--s2:#f0883e;--s3:#2bbf95;--s4:#dd8fbb;
        --s5:#e6b422;--s6:#8fd0f5;--s7:#a5aeb9;--good:#3ccf9f;--bad:#f0883e}}
        @media print{*{print-color-adjust:exact;-webkit-print-color-adjust:exact}main{padding:0!important}
        figure,tr,.tile,.strip div,dl>div{break-inside:avoid}h2{break-after:avoid}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);
        font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
        main{max-width:860px;margin:0 auto;padding:40px 24px 64px}
        h1{font-size:30px;line-height:1.2;margin:0;letter-spacing:-.015em;overflow-wrap:anywhere}
        h2{font-size:19px;margin:48px 0 12px;letter-spacing:-.005em}h3{font-size:14px;margin:24px 0 4px;font-weight:400;color:var(--soft)}h3 code{font-size:14px;font-weight:600;color:var(--ink)}
        p{margin:6px 0 12px}.aside{color:var(--soft);font-size:13.5px;margin:8px 0 28px}.lead{color:var(--soft);font-size:16px;margin:6px 0 0}
        code{font:13px/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
        a{color:var(--accent)}a.term{color:inherit;text-decoration:underline dotted var(--faint);text-underline-offset:3px}
        .status{display:inline-block;font-size:12px;font-weight:600;letter-spacing:.02em;padding:2px 9px;border-radius:10px;
        border:1px solid currentColor;margin-left:12px;vertical-align:6px;color:var(--good)}
        .status.failed,.status.interrupted{color:var(--bad)}
        .facts{display:flex;flex-wrap:wrap;gap:6px 24px;margin:18px 0 0;padding:14px 0;border:solid var(--rule);
        border-width:1px 0;color:var(--soft);font-size:14px}.facts b{color:var(--ink);font-weight:600}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:12px;margin:0 0 20px}
        .tile{background:var(--card);border-radius:10px;padding:14px 16px}.tile .name{font-size:13px;color:var(--soft)}
        .tile .value{font-size:26px;font-weight:650;letter-spacing:-.02em;line-height:1.3;font-variant-numeric:tabular-nums}
        .tile .from{font-size:13px;color:var(--soft);font-variant-numeric:tabular-nums}
        .scroll{overflow-x:auto}.scroll.wide{width:max-content;min-width:100%;max-width:calc(100vw - 48px);margin-left:50%;transform:translateX(-50%)}
        .wide th,.wide th.number{white-space:normal;vertical-align:bottom}.wide th:first-child,.wide td:first-child{position:sticky;left:0;min-width:6em;background:var(--page)}
        .command{background:var(--card);border-radius:6px;padding:10px 14px;margin:12px 0;white-space:pre-wrap}
        .strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:14px 12px;margin:6px 0 14px}
        .strip div{display:grid;font-size:12.5px;line-height:1.4;color:var(--soft);font-variant-numeric:tabular-nums}
        .strip img{width:84px;height:84px;object-fit:contain;image-rendering:pixelated;background:#000;border-radius:4px;margin-bottom:3px}
        .strip b,b.right{color:var(--ink);font-weight:600}table{border-collapse:collapse;width:100%;font-size:14px}
        th{font-weight:600;text-align:left;color:var(--soft);border-bottom:1.5px solid var(--rule);white-space:nowrap}
        th,td{padding:6px 14px 6px 0;vertical-align:top}td{border-bottom:1px solid var(--rule)}
        th.number,td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding:6px 0 6px 14px}
        td.number .sd{color:var(--soft)}
        .fails{color:var(--bad);font-weight:700}
        figure{margin:8px 0 20px}figcaption{color:var(--soft);font-size:13.5px;margin-top:4px}
        svg{display:block;overflow:visible}.chart>svg{width:100%;height:auto}
        .legend{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:13px;color:var(--soft);padding:4px 0 6px 64px}
        .legend span{display:inline-flex;align-items:center;gap:7px}
        .ramp{width:64px;height:9px;border-radius:3px}.ramp.age{background:linear-gradient(90deg,#4a86c4,#e67814)}
        .ramp.change{width:160px;background:linear-gradient(90deg,#0072b2,transparent,#d55e00)}
        text{fill:var(--soft);font-size:12px;font-family:inherit}text.title{font-size:12.5px}
        text.small{fill:var(--ink);font-size:11px;paint-order:stroke;stroke:var(--page);stroke-width:3px}
        .grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--faint);stroke-width:1}
        .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        .line.thin{stroke-width:1;opacity:.55}.line.dashed{stroke-dasharray:6 4}.line.link{stroke:var(--faint);stroke-width:1}
        .band{stroke:none;opacity:.2}.ring{fill:none;stroke-width:2.5}
        .cloud{fill:none;stroke-linecap:round;stroke-width:6;opacity:.6}.cloud.many{stroke-width:4.5;opacity:.45}
        .frame{fill:none;stroke:var(--rule)}.cells{image-rendering:pixelated}
        \(series)
        dl{margin:0;display:grid;gap:8px}dl>div{display:grid;grid-template-columns:170px 1fr;gap:14px;font-size:14px}
        dt{font-weight:600}dd{margin:0;color:var(--soft);overflow-wrap:anywhere}
        dl>div:target{background:var(--card);border-radius:6px;outline:6px solid var(--card)}
        @media (max-width:560px){dl>div{grid-template-columns:1fr;gap:0}.legend{padding-left:0}main{padding:24px 16px}
        svg text,svg text.title{font-size:14px}svg text.small{font-size:13px}.scroll.wide{max-width:calc(100vw - 32px)}}
        """

    /// Colour classes `s0` … `s7`: strokes for lines and rings, fills for bands and dots; `a0` … `a9` are ages of a cloud.
    private static let series =
        ((0..<8).map {
            ".line.s\($0),.ring.s\($0){stroke:var(--s\($0))}.band.s\($0),.dot.s\($0){fill:var(--s\($0))}"
        } + (0..<10).map { ".a\($0){stroke:color-mix(in srgb,#e67814 \(11 * $0)%,#4a86c4)}" })
        .joined(separator: "\n")
}
