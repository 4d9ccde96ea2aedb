"""工作簿的限度：结构规范（XSD）之外，Excel 打开时会要求修复的毛病。用法：limits.py 工作簿…；有一处不合就以 1 退出。"""
import collections
import os
import re
import sys
import zipfile

from lxml import etree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LONGEST, FORMULA, LINKS, TALLEST = 32767, 8192, 65530, 409.5


def column(letters):
    n = 0
    for c in letters:
        n = n * 26 + ord(c) - 64
    return n


def area(ref):
    m = re.match(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?$", ref.replace("$", ""))
    a, b, c, d = m.groups()
    return column(a), int(b), column(c or a), int(d or b)


def width(s):
    return len((s or "").encode("utf-16-le")) // 2


def overlap(a, b):
    return not (a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1])


class Workbook:
    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        self.parts = set(self.zip.namelist())
        self.faults = collections.Counter()
        book = self.read("xl/workbook.xml")
        self.sheets = [s.get("name") for s in book.find(MAIN + "sheets")]
        self.styles = self.read("xl/styles.xml")
        self.names(book)
        self.package()
        self.tables()
        for part in sorted(self.parts):
            if re.match(r"xl/worksheets/sheet\d+\.xml$", part):
                self.sheet(self.read(part))

    def read(self, part):
        return etree.fromstring(self.zip.read(part))

    def want(self, ok, fault):
        if not ok:
            self.faults[fault] += 1

    def names(self, book):
        low = [s.lower() for s in self.sheets]
        self.want(len(set(low)) == len(low), "工作表重名")
        for s in self.sheets:
            self.want(s.strip() and width(s) <= 31 and not re.search(r"[\\/*?:\[\]]", s) and s.strip("'") == s and s.lower() != "history", "工作表名称 " + s)
        seen = collections.Counter()
        for d in book.iter(MAIN + "definedName"):
            name, refers = d.get("name"), d.text or ""
            seen[name.lower(), d.get("localSheetId")] += 1
            self.want(width(name) <= 255 and re.match(r"^[\w_\\][\w._\\?]*$", name) and not re.match(r"^([A-Za-z]{1,3}\d+|[rR]\d*[cC]\d*)$", name), "定义的名称 " + name)
            self.want("#REF!" not in refers and width(refers) <= FORMULA, "名称所指 " + name)
        self.want(all(n == 1 for n in seen.values()), "定义的名称重复")

    def package(self):
        types = self.zip.read("[Content_Types].xml").decode()
        for part in re.findall(r'PartName="/([^"]+)"', types):
            self.want(part in self.parts, "内容类型所指没有：" + part)
        for rels in [p for p in self.parts if p.endswith(".rels")]:
            base, ids = os.path.dirname(os.path.dirname(rels)), collections.Counter()
            for r in self.read(rels):
                ids[r.get("Id")] += 1
                target = r.get("Target")
                if r.get("TargetMode") == "External":
                    self.want(target.count("#") <= 1 and " " not in target, "外部链接 " + target)
                    continue
                full = target[1:] if target.startswith("/") else os.path.normpath(os.path.join(base, target))
                self.want(full in self.parts, "关系所指没有：" + target)
            self.want(all(n == 1 for n in ids.values()), "关系编号重复")
        core = self.zip.read("docProps/core.xml").decode()
        self.want("<cp:coreProperties" in core, "docProps/core.xml 没有用惯用的前缀")

    def tables(self):
        seen = collections.Counter()
        for part in self.parts:
            if not part.startswith("xl/tables/"):
                continue
            t = self.read(part)
            seen[t.get("displayName").lower()] += 1
            seen["id " + t.get("id")] += 1
            heads = [c.get("name").lower() for c in t.iter(MAIN + "tableColumn")]
            left, _, right, _ = area(t.get("ref"))
            self.want(len(set(heads)) == len(heads) == right - left + 1 and all(heads), "表的列名 " + t.get("displayName"))
        self.want(all(n == 1 for n in seen.values()), "表的名称或编号重复")

    def sheet(self, root):
        self.cells(root.find(MAIN + "sheetData"))
        merged = [area(m.get("ref")) for m in root.iter(MAIN + "mergeCell")]
        merged.sort(key=lambda a: (a[1], a[0]))
        for i, a in enumerate(merged):
            for b in merged[i + 1:]:
                if b[1] > a[3]:
                    break
                self.want(not overlap(a, b), "合并的区域重叠")
        last = 0
        for c in root.findall(MAIN + "cols/" + MAIN + "col"):
            self.want(int(c.get("min")) > last and float(c.get("width") or 0) <= 255, "列宽")
            last = int(c.get("max"))
        for c in root.iter(MAIN + "tabColor"):
            self.want(len(c.get("rgb") or "FF000000") == 8, "标签颜色不是八位")
        self.rules(root)
        self.links(root)
        filters = root.find(MAIN + "autoFilter") is not None and root.find(MAIN + "tableParts") is not None
        self.want(not filters, "表和筛选同在")

    def cells(self, data):
        row = 0
        for r in data:
            at, col = int(r.get("r") or row + 1), 0
            self.want(at > row and float(r.get("ht") or 0) <= TALLEST, "行的次序或高度")
            row = at
            for c in r:
                m = re.match(r"([A-Z]+)(\d+)$", c.get("r") or "")
                self.want(m and int(m[2]) == row and column(m[1]) > col, "单元格的次序")
                col = column(m[1]) if m else col + 1
                self.cell(c)

    def cell(self, c):
        f, v, inline = c.find(MAIN + "f"), c.find(MAIN + "v"), c.find(MAIN + "is")
        kind = c.get("t")
        self.want(int(c.get("s") or 0) < len(self.styles.find(MAIN + "cellXfs")), "样式编号")
        if f is not None:
            self.want(width(f.text) <= FORMULA and all(width(s) <= 257 for s in re.findall(r'"(?:[^"]|"")*"', f.text or "")), "公式或其中的文字太长")
        if inline is not None:
            words = "".join(t.text or "" for t in inline.iter(MAIN + "t"))
            self.want(width(words) <= LONGEST and words.count("\n") <= 253, "文字太长")
        if kind in (None, "n") and v is not None:
            try:
                self.want(abs(float(v.text)) < float("inf"), "数不是数")
            except ValueError:
                self.want(False, "数不是数 " + repr(v.text))
        self.want(kind != "e", "出错的值 " + str(v.text if v is not None else ""))

    def rules(self, root):
        styles = self.styles.find(MAIN + "dxfs")
        seen = collections.Counter(c.get("priority") for c in root.iter(MAIN + "cfRule"))
        self.want(all(n == 1 for n in seen.values()), "条件格式的次序重复")
        for c in root.iter(MAIN + "cfRule"):
            self.want(int(c.get("dxfId") or 0) < max(1, len(styles) if styles is not None else 0), "条件格式的样式")
        for d in root.iter(MAIN + "dataValidation"):
            for name, most in (("prompt", 255), ("error", 255), ("promptTitle", 32), ("errorTitle", 32)):
                self.want(width(d.get(name)) <= most, "数据有效性的提示太长")
            for f in d:
                literal = (f.text or "").startswith('"')
                self.want(width(f.text) <= (257 if literal else FORMULA), "数据有效性的公式太长")
        for e in root.iterfind(MAIN + "headerFooter/*"):
            self.want(width(e.text) <= 255, "页眉页脚太长")

    def links(self, root):
        links = list(root.iter(MAIN + "hyperlink"))
        self.want(len(links) <= LINKS, "链接太多")
        for h in links:
            to = h.get("location") or ""
            outside = h.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id")
            self.want(width(to) <= 2079 and not to.startswith("#"), "链接 " + to)
            m = re.match(r"'?((?:[^']|'')+?)'?!", to)
            self.want(outside or not m or m[1].replace("''", "'") in self.sheets, "链接到没有的工作表 " + to)


wrong = 0
for name in sys.argv[1:]:
    faults = Workbook(name).faults
    for fault, n in sorted(faults.items()):
        print(f"{name}：{fault}，{n} 处")
    wrong += len(faults)
sys.exit(1 if wrong else 0)
