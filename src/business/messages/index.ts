export { listSandboxMessages, type Message, type MessagePurpose, sendMessage } from './messages.ts';
