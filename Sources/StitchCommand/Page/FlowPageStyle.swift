// SPDX-License-Identifier: Apache-2.0

/// How a page of a flow looks: on paper, in the dark, on a telephone.
enum FlowPageStyle {
    static let text = """
        :root { color-scheme: light dark; --ink: #1d2530; --soft: #66717f; --line: #d8dde3; --paper: #fff; --bad: #c0272d;
          --critical: #d97706; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #96a1b0; --line: #36404d; --paper: #14181e;
          --bad: #ff7b72; --critical: #f0a63c; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1600px; padding: 24px; color: var(--ink); background: var(--paper);
          font: 14px/1.4 system-ui, sans-serif; }
        h1 { font-size: 20px; margin: 0 0 4px; overflow-wrap: anywhere; }
        h2 { font-size: 16px; margin: 24px 0 8px; }
        p { margin: 4px 0; }
        .soft { color: var(--soft); }
        .bad { color: var(--bad); }
        code, .id, pre { font-family: ui-monospace, monospace; font-size: 12px; overflow-wrap: anywhere; }
        .row { display: grid; grid-template-columns: 9em minmax(16em, 2fr) 3fr 6em; gap: 0 10px; align-items: center;
          border-bottom: 1px solid var(--line); }
        .row > * { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding: 3px 0; }
        .row > .time { text-align: right; font-variant-numeric: tabular-nums; }
        .head { color: var(--soft); font-size: 12px; }
        .scale { display: flex; justify-content: space-between; }
        .track { position: relative; height: 18px; overflow: hidden; padding: 0; }
        .track i { position: absolute; top: 3px; height: 12px; min-width: 2px; border-radius: 2px; }
        .track i.gap { top: 0; height: 18px; min-width: 0; border-radius: 0; opacity: .35;
          background: repeating-linear-gradient(60deg, transparent 0 3px, var(--soft) 3px 4px); }
        i.wait { background: repeating-linear-gradient(45deg, var(--soft) 0 2px, transparent 2px 6px);
          border: 1px solid var(--soft); }
        i.scheduled { background: none; border: 1px dotted var(--soft); }
        i.backoff { background: none; border: 1px dashed var(--soft); }
        i.s0 { background: #0e7c86; } i.s1 { background: #8e44ad; } i.s2 { background: #2563c9; } i.s3 { background: #2e8b57; }
        i.s4 { background: #b7791f; } i.s5 { background: #1aa0b8; } i.s6 { background: #c2528b; } i.s7 { background: #5b6ee1; }
        i.failed { background: var(--bad); }
        i.critical { top: 15px; height: 3px; border-radius: 0; background: var(--critical); }
        .legend i { display: inline-block; width: 22px; height: 10px; margin: 0 6px 0 14px; border-radius: 2px;
          vertical-align: baseline; }
        details { border-bottom: 1px solid var(--line); }
        details > .row { border: 0; cursor: pointer; }
        summary::marker { content: ""; }
        summary::-webkit-details-marker { display: none; }
        .more { padding: 4px 0 10px 9.7em; }
        .note { padding: 0 0 3px 9.7em; color: var(--soft); font-size: 12px; overflow-wrap: anywhere; }
        table { border-collapse: collapse; font-size: 13px; }
        td, th { text-align: left; vertical-align: top; padding: 1px 14px 1px 0; overflow-wrap: anywhere;
          white-space: pre-wrap; }
        th { font-weight: 500; color: var(--soft); }
        td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
        @media (max-width: 700px) { .row { grid-template-columns: 1fr 5em; } .row > .track, .row > .scale { grid-column: 1 / 3; }
          .row > .time { grid-row: 1; grid-column: 2; } .more, .note { padding-left: 0; } }
        @media print { body { padding: 0; max-width: none; font-size: 10px; } .row { break-inside: avoid; }
          i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          details::details-content { content-visibility: visible; display: block; } }
        """
}
