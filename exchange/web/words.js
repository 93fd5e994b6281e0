// The words of the page in both languages, and which one is shown.
const WORDS = {
  "zh-CN": {
    title: "电话", lead: "戴上耳机，就能打进来", language: "语言", number: "我的号码", change: "更改", save: "好", yours: "号码形如 +8613800000001",
    offline: "未连接", connecting: "正在连接…", refused: "无法注册", idle: "可以拨号", dialing: "正在接通…", ringback: "对方振铃中", ringing: "来电", talking: "通话中", muted: "已静音",
    to: "拨打的号码", erase: "删除一位", call: "拨打", answer: "接听", decline: "拒接", hang_up: "挂断", mute: "静音", unmute: "取消静音", keypad: "键盘",
    said: "我", heard: "对方", levels: "音量", caption: "线路正在说", messages: "收到的短信", none: "还没有短信。", ring: "第 {count} 声",
    microphone_refused: "麦克风未获允许：您能听到对方，对方听不到您。请在浏览器地址栏旁允许使用麦克风。", microphone_missing: "没有找到麦克风：您能听到对方，对方听不到您。请插上耳机。",
    completed: "通话已结束", busy: "对方忙", "no-answer": "无人接听", canceled: "对方已取消", failed: "无法接通", rejected: "已拒接", lost: "连接中断，通话已结束",
    fault_closed: "这台交换机不对访客开放。", fault_number: "这个号码不能用，请换一个。", fault_token: "登记未被接受，请刷新页面。", keys: "可直接用键盘：数字键输入，回车拨打或接听，Esc 挂断，M 静音。",
    sound: "浏览器还没有打开声音：请点一下这里。",
  },
  "en-US": {
    title: "Phone", lead: "Put on a headset and call in", language: "Language", number: "My number", change: "Change", save: "OK", yours: "A number such as +8613800000001",
    offline: "Not connected", connecting: "Connecting…", refused: "Not registered", idle: "Ready to dial", dialing: "Connecting the call…", ringback: "It rings there", ringing: "Incoming call", talking: "In a call", muted: "Muted",
    to: "Number to call", erase: "Erase one digit", call: "Call", answer: "Answer", decline: "Decline", hang_up: "Hang up", mute: "Mute", unmute: "Unmute", keypad: "Keypad",
    said: "You", heard: "Line", levels: "Loudness", caption: "The line says", messages: "Text messages", none: "No messages yet.", ring: "Ring {count}",
    microphone_refused: "The microphone is not allowed: you hear the line, nobody hears you. Allow it beside the browser's address.", microphone_missing: "No microphone was found: you hear the line, nobody hears you. Plug in a headset.",
    completed: "The call is over", busy: "The line is busy", "no-answer": "Nobody answered", canceled: "The caller hung up", failed: "The call did not go through", rejected: "Declined", lost: "The connection was lost, the call is over",
    fault_closed: "This exchange is closed to visitors.", fault_number: "This number cannot be used, choose another.", fault_token: "The registration was not accepted. Reload the page.", keys: "The keyboard works too: digits, Enter to call or answer, Esc to hang up, M to mute.",
    sound: "The browser has not switched sound on yet: click here.",
  },
};
const KEY = "phone.language";

export let language = (() => {
  const kept = localStorage.getItem(KEY);
  if (WORDS[kept]) return kept;
  return (navigator.language || "zh").toLowerCase().startsWith("zh") ? "zh-CN" : "en-US";
})();

export function word(key, values = {}) {
  return (WORDS[language][key] ?? key).replace(/\{(\w+)\}/g, (_all, name) => values[name]);
}

export function choose(wanted) {
  language = wanted;
  localStorage.setItem(KEY, wanted);
}

// Elements say which words they show (data-t) and which name they have (data-t-label, data-t-hint).
export function dress(root = document) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = word(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", word(element.dataset.tLabel));
    if (element.tagName === "BUTTON") element.title = word(element.dataset.tLabel);
  }
  for (const element of root.querySelectorAll("[data-t-hint]")) element.placeholder = word(element.dataset.tHint);
}
