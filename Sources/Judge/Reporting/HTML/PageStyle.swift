/// The look of every page: light and dark as the reader's system is, and on paper.
///
/// Colours hold 4.5:1 against their grounds (WCAG AA); reference and candidate also differ in form.
enum PageStyle {
  static let sheet = Markup.tag("style", [:], [.verbatim(text)])

  private static let text: StaticString = """
    :root{--ground:#fff;--panel:#f4f5f7;--ink:#1b1f24;--soft:#57606a;
    --line:#d0d7de;--ref:#0550ae;--cand:#a33a00;--bad:#a40e26;--good:#116329;--doubt:#7a4b00;
    --bad-ground:#ffebe9;--good-ground:#e6f6ea;--doubt-ground:#fff6db}
    @media (prefers-color-scheme:dark){:root{--ground:#0d1117;--panel:#171d26;--ink:#e6edf3;
    --soft:#a2acb8;--line:#3a434e;--ref:#79c0ff;--cand:#ffa657;--bad:#ff9790;--good:#6fdd8b;
    --doubt:#e9b949;--bad-ground:#3a1518;--good-ground:#11301c;--doubt-ground:#33270b}}
    *{box-sizing:border-box}
    body{margin:0;overflow-wrap:break-word;background:var(--ground);color:var(--ink);
    font:16px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
    main{max-width:1180px;margin:0 auto;padding:16px}
    h1{font-size:1.5rem;line-height:1.3;margin:.2em 0 .6em;overflow-wrap:anywhere}
    h2{font-size:1.2rem;margin:2em 0 .6em;border-bottom:1px solid var(--line);padding-bottom:.2em}
    h3{font-size:1.05rem;margin:1.6em 0 .2em;overflow-wrap:anywhere}
    p{margin:.4em 0}
    code{font:.875em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
    .soft{color:var(--soft)}
    .verdict{border:1px solid var(--line);border-left:8px solid currentColor;border-radius:6px;
    padding:12px 18px}
    .verdict.bad{color:var(--bad);background:var(--bad-ground)}
    .verdict.good{color:var(--good);background:var(--good-ground)}
    .verdict.doubt{color:var(--doubt);background:var(--doubt-ground)}
    .verdict .word{font-weight:700;text-transform:uppercase;letter-spacing:.06em}
    .verdict h1,.verdict dl,.verdict ol,.verdict h2{color:var(--ink)}
    .verdict h2{font-size:1rem;margin:.8em 0 .2em;border:0;padding:0}
    .verdict ol{margin:.2em 0;padding-left:1.4em}
    .answers{margin:0}.answers div{display:grid;grid-template-columns:6.2em 1fr;padding:.15em 0}
    dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;
    margin:.4em 0}
    caption{text-align:left;color:var(--soft);padding:.2em 0}
    th,td{padding:.25em .9em .25em 0;text-align:left;vertical-align:top;
    border-bottom:1px solid var(--line)}
    th{font-weight:600}thead th{color:var(--soft);font-weight:400;white-space:nowrap}
    td.n,th.n{text-align:right;white-space:nowrap}
    tbody th{font-weight:400;overflow-wrap:anywhere;min-width:11em}
    td.why{min-width:14em;color:var(--soft)}
    .bad{color:var(--bad)}.good{color:var(--good)}.doubt{color:var(--doubt)}
    td.bad,td.good,td.doubt{font-weight:600}td.bad,td.good,td.doubt,td.soft{white-space:nowrap}
    .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:12px 20px;
    margin:.6em 0}
    figure{margin:0;max-width:460px}figcaption{font-size:.875rem;color:var(--soft)}
    svg{width:100%;height:auto;display:block;background:var(--panel);border-radius:4px}
    svg text{font:11px system-ui,Arial,sans-serif;fill:var(--soft)}
    .axis{stroke:var(--line);stroke-width:1}
    .zero{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3}
    .ref{stroke:var(--ref);fill:none;stroke-width:1.8}
    .cand{stroke:var(--cand);fill:none;stroke-width:1.8;stroke-dasharray:5 2}
    .area{stroke:none;fill-opacity:.16}.ref.area{fill:var(--ref)}.cand.area{fill:var(--cand)}
    .dot{stroke-dasharray:none;stroke-width:1.6}.cand.dot{fill:var(--cand)}
    .ref.dot{fill:var(--ground)}
    .heat.ref,.heat.cand{stroke:none}.heat.ref{fill:var(--ref)}.heat.cand{fill:var(--cand)}
    .h1{fill-opacity:.12}.h2{fill-opacity:.3}.h3{fill-opacity:.5}.h4{fill-opacity:.75}
    .level{stroke-width:1;stroke-opacity:.7}
    .step{stroke:var(--doubt);stroke-width:1.5;stroke-dasharray:4 3}
    .accepted{stroke:var(--good);stroke-width:1.5}
    figure.wide{max-width:none}
    svg.flame rect{stroke:var(--panel);stroke-width:.6}svg.flame text{fill:var(--ink);
    pointer-events:none}
    .flame .whose,.flame .same{fill:var(--soft);fill-opacity:.2}
    .flame .user{fill:var(--cand);fill-opacity:.3}.flame .kernel{fill:var(--ref);fill-opacity:.3}
    .flame .more{fill:var(--bad);fill-opacity:.5}.flame .less{fill:var(--good);fill-opacity:.4}
    .key{display:flex;flex-wrap:wrap;gap:.2em 1.4em;font-size:.875rem;margin:.3em 0}
    .key svg{width:28px;height:12px;display:inline-block;background:none;margin-right:.4em}
    details{margin:.8em 0}summary{cursor:pointer;padding:.2em 0}
    summary:focus-visible,.scroll:focus-visible,a:focus-visible{outline:2px solid var(--ref);
    outline-offset:2px}
    a{color:var(--ref)}
    footer{margin:2.5em 0 1em;color:var(--soft);font-size:.875rem}
    @media (max-width:480px){main{padding:8px}h1{font-size:1.25rem}.verdict{padding:10px 12px}
    .answers div{grid-template-columns:6em 1fr}}
    @media print{:root{--ground:#fff;--panel:#fff;--ink:#000;--soft:#444;
    --line:#bbb;--ref:#0550ae;--cand:#a33a00;--bad:#a40e26;--good:#116329;--doubt:#7a4b00;
    --bad-ground:#fff;--good-ground:#fff;--doubt-ground:#fff}
    main{max-width:none;padding:0}article,figure,tr{break-inside:avoid}.scroll{overflow:visible}
    body{font-size:11pt}}
    """
}
