"""The columns of a table of discharges, under the heads that hospitals give them. Pure."""

from crm.feeds.table_row import Columns

# Our names for columns -> the heads under which hospitals have them (compared without spaces and capitals).
HEADS = {
    "patient_number": ("patient_number", "patient_id", "mrn", "病案号", "住院号", "患者编号", "患者id"),
    "visit": ("visit", "visit_number", "住院次数", "就诊号", "住院流水号"),
    "name": ("name", "patient_name", "姓名", "患者姓名"),
    "birth_date": ("birth_date", "birthdate", "dob", "出生日期", "生日"),
    "phone": ("phone", "telephone", "mobile", "联系电话", "电话", "手机", "手机号"),
    "ward": ("ward", "department", "病区", "科室", "出院科室"),
    "condition": ("condition", "病种", "随访病种"),
    "diagnosis": ("diagnosis", "icd10", "icd_10", "诊断编码", "出院诊断编码"),
    "discharged_on": ("discharged_on", "discharge_date", "出院日期", "出院时间"),
    "language": ("language", "语言"),
    "zone": ("zone", "timezone", "时区"),
    "consent": ("consent", "同意随访", "随访同意"),
    "do_not_call": ("do_not_call", "拒绝来电", "勿扰"),
    "refused_days": ("refused_days", "不便日期"),
    "preferred": ("preferred", "preferred_time", "方便时间"),
    "visit_class": ("visit_class", "就诊类型", "患者类型", "就诊类别"),
    "disposition": ("disposition", "discharge_disposition", "离院方式", "出院方式"),
    "died_on": ("died_on", "死亡日期", "死亡时间"),
    "readmitted_on": ("readmitted_on", "再入院日期"),
}
NEEDED = ("patient_number", "name", "phone", "discharged_on", "consent")
COLUMNS = Columns(HEADS, NEEDED)
