// What old scripts, ad blockers and monitoring do to a page.
const realFetch = window.fetch;
window.fetch = function (...args) { return realFetch.apply(this, args).then((reply) => reply.clone()); };
Array.prototype.last = function () { return this[this.length - 1]; };
Object.prototype.extra = "inherited by every object";
const realParse = JSON.parse;
JSON.parse = function (text, ...rest) { return realParse.call(JSON, text, ...rest); };
window.Promise = class extends Promise {};
for (const it of [Array, String, Node, Event]) Object.freeze(it.prototype);
window.addEventListener("click", () => {}, true);
document.addEventListener("keydown", (event) => event.stopPropagation());
