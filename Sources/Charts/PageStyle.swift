/// The style sheet of every page: one column on a phone, dark where the reader's screen is, plain on paper.
///
/// Colours pass WCAG AA for text on their ground; gain and loss are blue and orange, which all eyes tell apart.
enum PageStyle {
    static let text: StaticString = """
        :root{color-scheme:light dark;--paper:#f7f6f2;--card:#fff;--ink:#1b2328;--soft:#56616a;--line:#dddad2;\
        --grid:#e9e7e0;--s1:#d5e3ef;--s2:#9dc0de;--s3:#4a8cc4;--s4:#143f6b;--gain:#2b6cb0;--loss:#b8500f;\
        --aside:#8b959c;--accent:#14487c;--warn:#fff3dc;--warnline:#c98a1b}
        @media(prefers-color-scheme:dark){:root{--paper:#11161a;--card:#191f24;--ink:#e8ecee;--soft:#a3afb8;\
        --line:#323c44;--grid:#28313a;--s1:#25384a;--s2:#37618a;--s3:#5b9fdb;--s4:#cfe6fb;--gain:#6cb0ee;\
        --loss:#f0964e;--aside:#7d8a94;--accent:#8ec5f5;--warn:#33291a;--warnline:#c98a1b}}
        @media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--grid:#e4e4e4;\
        --s1:#d5e3ef;--s2:#9dc0de;--s3:#4a8cc4;--s4:#143f6b;--gain:#2b6cb0;--loss:#b8500f;--aside:#8b959c;\
        --accent:#14487c;--warn:#fff;--warnline:#777}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
        body{margin:0;background:var(--paper);color:var(--ink);\
        font:400 1rem/1.55 system-ui,-apple-system,"Segoe UI",Inter,Roboto,"Noto Sans",sans-serif;\
        font-variant-numeric:lining-nums}
        .page{max-width:68rem;margin:0 auto;padding:clamp(1.25rem,4vw,3.5rem) clamp(1rem,4vw,2.5rem) 4rem}
        h1,h2,h3{line-height:1.2;text-wrap:balance;overflow-wrap:anywhere;margin:0}
        h1,h2{font-family:Charter,"Bitstream Charter","Iowan Old Style","Source Serif 4",Cambria,Georgia,serif;\
        font-weight:600;letter-spacing:-.01em}
        h1{font-size:clamp(1.8rem,1.2rem + 2.6vw,2.9rem)}
        h2{font-size:clamp(1.35rem,1.1rem + 1vw,1.7rem);margin:3.25rem 0 .5rem;padding-top:1.1rem;\
        border-top:1px solid var(--line)}
        h3{font-size:1.02rem;font-weight:650}
        p{margin:.5rem 0 1rem;max-width:44rem}
        .kicker{margin:0 0 .6rem;font-size:.8rem;font-weight:600;letter-spacing:.09em;text-transform:uppercase;\
        color:var(--accent)}
        .lead{font-size:1.12rem;color:var(--soft);margin-top:.8rem}
        .banner{border:1px solid var(--warnline);border-left-width:5px;background:var(--warn);border-radius:6px;\
        padding:.75rem 1rem;margin:1.25rem 0;max-width:none}
        .banner strong{margin-right:.4em}
        .numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1px;margin:1.75rem 0 0;\
        background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden}
        .numbers>div{background:var(--card);padding:.95rem 1.1rem 1rem}
        .numbers dt{font-size:.84rem;color:var(--soft);line-height:1.3}
        .numbers dd{margin:.2rem 0 0;font-size:1.6rem;font-weight:620;letter-spacing:-.02em;line-height:1.15;\
        font-variant-numeric:tabular-nums}
        .numbers dd small{display:block;margin-top:.2rem;font-size:.8rem;font-weight:400;letter-spacing:0;\
        color:var(--soft);line-height:1.35}
        .charts{display:grid;gap:1.25rem;margin-top:1.25rem}
        figure.chart{margin:0;min-width:0;background:var(--card);border:1px solid var(--line);border-radius:10px;\
        padding:1.1rem clamp(.9rem,2.5vw,1.5rem) 1rem}
        figcaption{margin-bottom:.8rem}
        figcaption p{margin:.25rem 0 0;font-size:.9rem;color:var(--soft)}
        .keys{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.65rem 0 0;padding:0;font-size:.84rem}
        .keys li{display:flex;align-items:center;gap:.45rem}
        svg{display:block;overflow:visible}
        svg text{font:inherit;font-size:.72rem;fill:var(--soft);font-variant-numeric:tabular-nums}
        .s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}
        .gain{--c:var(--gain)}.loss{--c:var(--loss)}.aside{--c:var(--aside)}
        rect,circle,path{fill:var(--c)}
        .grid{stroke:var(--grid)}.base{stroke:var(--soft)}
        .upright{display:grid;grid-template-columns:46px minmax(0,1fr)}.upright svg{width:100%}
        .area{fill-opacity:.45}
        .curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;vector-effect:non-scaling-stroke}
        .curve.aside{stroke-width:1.5;stroke-dasharray:4 3}
        .way{stroke:var(--c);stroke-width:3}
        .ring{fill:var(--card);stroke:var(--c);stroke-width:2}
        .point{fill:transparent}.point:hover{fill:var(--soft);fill-opacity:.14}
        .rows{font-size:.9rem}
        .row{display:grid;grid-template-columns:minmax(0,1fr) auto;grid-template-areas:"l v" "b b";\
        gap:.15rem .9rem;align-items:end;padding:.32rem 0}
        .label{grid-area:l;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;line-clamp:2;overflow:hidden;\
        overflow-wrap:anywhere;line-height:1.3}
        .value{grid-area:v;color:var(--soft);font-size:.84rem;font-variant-numeric:tabular-nums;white-space:nowrap}
        .bar{grid-area:b}
        .axis{margin-top:.2rem}
        @media(min-width:46rem){.rows{--v:16.5rem;--l:minmax(9rem,16rem)}\
        .row{grid-template-columns:var(--l) minmax(0,1fr) var(--v);grid-template-areas:"l b v";align-items:center}\
        .axis{display:grid;grid-template-columns:var(--l) minmax(0,1fr) var(--v);gap:.9rem}.axis svg{grid-column:2}}
        @media(max-width:30rem){.tick.wide{display:none}}
        details{margin-top:.9rem}
        summary{cursor:pointer;font-size:.88rem;color:var(--accent);width:fit-content}
        summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:3px}
        .scroll{overflow-x:auto;max-width:100%;margin-top:.6rem}
        table{border-collapse:collapse;font-size:.85rem;min-width:100%;line-height:1.4}
        caption{text-align:left;color:var(--soft);padding-bottom:.4rem}
        th,td{padding:.34rem .9rem .34rem 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--grid)}
        thead th{color:var(--soft);font-weight:600;border-bottom-color:var(--line);vertical-align:bottom;\
        white-space:nowrap}
        tbody th{font-weight:500;min-width:9rem;max-width:22rem;overflow-wrap:anywhere}
        td.w{overflow-wrap:anywhere;min-width:9rem;max-width:16rem}
        .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        th:last-child,td:last-child{padding-right:0}
        .facts{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.3rem 1.5rem;margin:1rem 0;font-size:.92rem}
        .facts dt{color:var(--soft)}
        .facts dd{margin:0;overflow-wrap:anywhere}
        ul.notes{padding-left:1.1rem;max-width:44rem}
        ul.notes li{margin:.35rem 0}
        .onpaper{display:none}
        footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.84rem;color:var(--soft)}
        @page{size:A4;margin:16mm 15mm}
        @media print{html{font-size:12px}.page{max-width:none;padding:0}h2{margin-top:2rem;break-after:avoid}\
        h3{break-after:avoid}h2+p{break-after:avoid}.charts{display:block}\
        figure.chart{border:0;border-top:1px solid var(--line);border-radius:0;padding:.9rem 0 1.1rem;\
        break-inside:avoid}.row,tr,.numbers,.banner,.facts{break-inside:avoid}thead{display:table-header-group}\
        details:not([open]),.folded:has(>details:not([open])),summary{display:none}.scroll{overflow:visible}\
        .onpaper{display:block}.numbers{border-radius:0}svg,.numbers>div{print-color-adjust:exact;\
        -webkit-print-color-adjust:exact}table{font-size:.78rem}th,td{padding-right:.6rem}.point{display:none}\
        tbody th{min-width:7rem}td.w{min-width:6rem}p,li{orphans:3;widows:3}}
        """
}
