// The checkout's script. No page needs it: without it the server catches the second press, the Refresh header
// returns to the shop, and the code field accepts digits as typed.

/**
 * It allows one submit for each page view: all buttons are switched off and the pressed one shows it, until
 * 20 s have passed or the buyer comes back by the back button. It counts the seconds of the return, the wait
 * before a resend and the minutes left to pay, and accepts a code pasted with spaces.
 */
export const checkoutScript = `
(()=>{let sent=false,timer;const all=s=>[...document.querySelectorAll(s)];
const rest=()=>{sent=false;clearTimeout(timer);for(const b of all('button[data-busy]')){b.disabled=b.dataset.held==='1';
if(b.dataset.text){b.textContent=b.dataset.text;delete b.dataset.text}}};
addEventListener('submit',e=>{if(sent){e.preventDefault();return}sent=true;const p=e.submitter;
setTimeout(()=>{for(const b of all('button[data-busy]'))b.disabled=true;
if(p){p.dataset.text=p.textContent;p.textContent=p.dataset.busy}});timer=setTimeout(rest,2e4)});
addEventListener('pageshow',rest);
const count=(seconds,show)=>{const end=Date.now()+seconds*1e3;const step=()=>{const left=Math.max(0,Math.ceil((end-Date.now())/1e3));
show(left);if(left>0)setTimeout(step,250)};step()};
for(const s of all('[data-return]'))count(+s.dataset.return,left=>{s.textContent=left});
for(const b of all('button[data-wait]')){const text=b.textContent;count(+b.dataset.wait,left=>{b.dataset.held=left?'1':'0';
if(sent)return;b.disabled=left>0;b.textContent=left?text+' ('+left+')':text})}
for(const s of all('[data-left]'))count(+s.dataset.left,left=>{if(left<60)s.hidden=true;else s.firstElementChild.textContent=Math.floor(left/60)});
for(const i of all('input.code')){i.addEventListener('input',()=>{const d=i.value.normalize('NFKC').replace(/\\D/g,'').slice(0,6);
if(d!==i.value)i.value=d})}
})()`.replaceAll('\n', '');
