"""The style of the HTML report: one sheet, light and dark by the reader's preference, nothing from outside."""

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--page:#f4f5f8;--card:#fff;--ink:#161b26;--soft:#5b6577;--faint:#8a94a6;--rule:#e3e7ee;
--zebra:#f8f9fc;--good:#0b7a55;--good-bg:#e2f5ec;--warn:#94610a;--warn-bg:#fdf1d8;--bad:#b42335;--bad-bg:#fde8ea;
--equity:#3b5bdb;--price:#556074;--drop:#c2410c;--buy:#0b8f63;--sell:#d0342c;
--shade:0 1px 2px rgb(16 24 40/.06),0 1px 3px rgb(16 24 40/.08)}
@media(prefers-color-scheme:dark){:root{--page:#0d1117;--card:#151b24;--ink:#e6eaf2;--soft:#9aa6b8;--faint:#71809a;--rule:#263041;
--zebra:#1a212c;
--good:#4cc38a;--good-bg:#11301f;--warn:#e2b04a;--warn-bg:#33270d;--bad:#ff7b84;--bad-bg:#3a171b;
--equity:#8da2fb;--price:#a3b0c4;--drop:#f0894f;--buy:#3ddc97;--sell:#ff6b63;--shade:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
font-variant-numeric:tabular-nums}
main{max-width:1160px;margin:0 auto;padding:32px 20px 56px}
header p{margin:4px 0 0;color:var(--soft)}
.brand{font-size:12px;font-weight:600;letter-spacing:.09em;text-transform:uppercase;color:var(--faint)}
h1{margin:2px 0 0;font-size:27px;line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:0 0 12px;font-size:17px}
.banner{display:flex;gap:14px;align-items:baseline;flex-wrap:wrap;margin:20px 0;
padding:15px 20px;border-radius:12px;border-left:5px solid}
.banner strong{font-size:20px}
.banner span{color:var(--ink)}
.banner.good{background:var(--good-bg);border-color:var(--good)}.banner.good strong{color:var(--good)}
.banner.warn{background:var(--warn-bg);border-color:var(--warn)}.banner.warn strong{color:var(--warn)}
.banner.bad{background:var(--bad-bg);border-color:var(--bad)}.banner.bad strong{color:var(--bad)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:12px;margin:0 0 16px;padding:0}
.figure,section,details{background:var(--card);border:1px solid var(--rule);border-radius:12px;box-shadow:var(--shade)}
.figure{padding:13px 16px}
.figure dt{color:var(--soft);font-size:13px}
.figure dd{margin:1px 0 0}
.figure .value{font-size:21px;font-weight:600;letter-spacing:-.01em;overflow-wrap:anywhere}
.figure .note{color:var(--faint);font-size:13px}
section,details{margin:0 0 16px;padding:18px 20px}
details>summary{font-size:17px;font-weight:600;cursor:pointer}
details[open]>summary{margin-bottom:12px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:16px}
.pair section{margin:0}
.pair{margin:0 0 16px}
.scroll{overflow-x:auto}
.scroll.long{max-height:560px;overflow-y:auto}
.block+.block{margin-top:14px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:6px 20px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{position:sticky;top:0;background:var(--card);color:var(--soft);font-weight:500;font-size:13px;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
tbody tr:hover{background:var(--zebra)}
.number{text-align:right}
td.number{white-space:nowrap}
tbody th{font-weight:500;color:var(--soft);width:1%;white-space:nowrap;padding-right:24px}
td{overflow-wrap:break-word}
td:first-child{white-space:nowrap}
.wide th,.wide td{padding-right:12px}
th:last-child,td:last-child{padding-right:0}
.pair table td:last-child{overflow-wrap:anywhere}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.muted,.none{color:var(--faint)}
.none{margin:0}
.tag{display:inline-block;padding:0 8px;border-radius:99px;font-size:13px;font-weight:600;white-space:nowrap}
.tag.good{background:var(--good-bg)}.tag.warn{background:var(--warn-bg)}.tag.bad{background:var(--bad-bg)}
ul{margin:0;padding-left:20px}
li{overflow-wrap:anywhere}
figure{margin:0}
figure+figure{margin-top:14px}
figcaption{display:flex;gap:18px;flex-wrap:wrap;color:var(--soft);font-size:13px;font-weight:500;margin-bottom:2px}
.plot{display:block;width:100%;height:auto;overflow:visible}
.plot text{fill:var(--faint);font-size:12px}
.map{display:block;width:100%;height:auto}
.plot .empty{font-size:15px}
.grid{stroke:var(--rule)}.axis{stroke:var(--faint);stroke-opacity:.6}
.line{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round}
.area{fill:currentColor;fill-opacity:.13;stroke:none}
.dot{fill:currentColor}
.price{color:var(--price)}.equity{color:var(--equity)}.drawdown{color:var(--drop)}
.marker{stroke:var(--card);stroke-width:1}
.buy{fill:var(--buy)}.sell{fill:var(--sell)}
.key{width:12px;height:11px;vertical-align:-1px;margin-right:4px}
.bar{display:inline-block;width:110px;height:8px;margin-right:10px;vertical-align:1px;color:var(--good)}
.bar.warn{color:var(--warn)}.bar.bad{color:var(--bad)}
.bar .back{fill:var(--rule)}.bar .front{fill:currentColor}
footer{color:var(--faint);font-size:13px;overflow-wrap:anywhere}
@media(max-width:640px){main{padding:20px 12px 40px}section,details{padding:14px}
.pair{grid-template-columns:1fr}.plot text{font-size:17px}
.pairs th{white-space:normal;width:50%;padding-right:12px}.map{min-width:620px}}
@media print{body{background:#fff}.scroll,.scroll.long{max-height:none;overflow:visible}
section,.figure{box-shadow:none;break-inside:avoid}}
"""
